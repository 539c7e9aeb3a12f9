// Small help beside fields: the kind of a file, the length of a text.
import { $ } from "../headway.js";

export function upload(field) {
  const told = document.getElementById(field.getAttribute("aria-describedby").split(" ").find((id) => id.endsWith("-kinds")));
  const words = told?.textContent ?? "";
  const accepts = field.accept.split(",").map((one) => one.trim()).filter(Boolean);
  const fits = (file) => !accepts.length || accepts.some((one) => (one.startsWith(".") ? file.name.toLowerCase().endsWith(one.toLowerCase()) : one.endsWith("/*") ? file.type.startsWith(one.slice(0, -1)) : file.type === one));
  field.addEventListener("change", () => {
    const isWrong = [...field.files].some((file) => !fits(file));
    if (isWrong) field.value = "";
    field.toggleAttribute("aria-invalid", isWrong);
    if (told) told.textContent = isWrong ? `${field.dataset.upload} ${words}` : words;
  });
}

export function counted(field) {
  const told = Object.assign(document.createElement("p"), { className: "counted" });
  const expected = Number(field.dataset.expected) || field.maxLength;
  const show = () => {
    const count = field.value.length;
    told.textContent = `${field.dataset.counts === "down" ? Math.max(0, expected - count) : count} ${field.dataset.counted}`;
  };
  field.after(told);
  field.addEventListener("input", show);
  show();
}
