// A slider beside its number: each follows the other. Until it is moved there is no answer, and it looks so.
import { $ } from "../headway.js";
import { changed } from "./dragging.js";

export function slider(part) {
  const number = $("input[type=number]", part);
  if (!number || number.disabled) return;
  const range = Object.assign(document.createElement("input"), { type: "range", className: "slider__range", min: number.min, max: number.max, step: number.step });
  range.setAttribute("aria-label", part.dataset.slider);
  if ("reverse" in part.dataset) { range.dir = "rtl"; range.dataset.turned = ""; }
  const follow = () => {
    range.classList.toggle("is-unset", number.value === "");
    range.value = number.value === "" ? (Number(number.min) + Number(number.max)) / 2 : number.value;
  };
  range.addEventListener("input", () => { number.value = range.value; range.classList.remove("is-unset"); changed(number); });
  // A press on the place where it stands is an answer too.
  range.addEventListener("click", () => { if (number.value === "") { number.value = range.value; changed(number); } });
  number.addEventListener("input", follow);
  number.before(range);
  follow();
}
