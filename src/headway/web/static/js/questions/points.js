// Points on a picture: pressed, dragged, moved with arrow keys, or typed as two numbers; the numbers are what is sent.
import { $, $$ } from "../headway.js";
import { changed } from "./dragging.js";
import { sizeOf } from "./pictures.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function points(part) {
  const box = $("[data-picture]", part);
  if (!box) return;
  const thing = $("[data-thing]", part);
  const pointers = new Map();
  const rows = () => $$("[data-point]", part);
  const fields = (row) => $$("input", row);
  const isFull = (row) => fields(row).every((field) => field.value !== "");
  const within = (value, most) => Math.max(0, Math.min(Math.round(value), Math.round(most)));

  const set = (row, x, y) => {
    const { width, height } = sizeOf(box);
    const [across, down] = fields(row);
    across.value = within(x, width);
    down.value = within(y, height);
    changed(down);
  };
  const clear = (row) => {
    for (const field of fields(row)) field.value = "";
    changed(fields(row)[0]);
    $("button", row)?.focus();
  };
  const at = (event) => {
    const frame = box.getBoundingClientRect();
    const { width, height } = sizeOf(box);
    return [((event.clientX - frame.left) / frame.width) * width, ((event.clientY - frame.top) / frame.height) * height];
  };
  const pointerOf = (row) => {
    if (pointers.has(row)) return pointers.get(row);
    const pointer = Object.assign(document.createElement("button"), { type: "button", className: thing ? "pointer pointer--thing" : "pointer" });
    if (thing) {
      const copy = thing.cloneNode();
      copy.alt = "";
      pointer.append(copy);
      pointer.style.inlineSize = `${(100 * (thing.width || 32)) / sizeOf(box).width}%`;
      pointer.style.blockSize = "auto";
    }
    if (rows().length > 1) pointer.append(Object.assign(document.createElement("span"), { className: "pointer__n", textContent: rows().indexOf(row) + 1 }));
    pointer.addEventListener("keydown", (event) => {
      const by = ARROWS[event.key];
      const [x, y] = fields(row).map((field) => Number(field.value));
      if (by) {
        event.preventDefault();
        const { width } = sizeOf(box);
        const step = event.shiftKey ? 1 : Math.max(1, Math.round(width / 100));
        set(row, x + by[0] * step, y + by[1] * step);
      } else if (event.key === "Delete" || event.key === "Backspace") {
        event.preventDefault();
        clear(row);
      }
    });
    pointer.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      pointer.focus();
      pointer.setPointerCapture(event.pointerId);
      const follow = (move) => set(row, ...at(move));
      pointer.addEventListener("pointermove", follow);
      pointer.addEventListener("lostpointercapture", () => pointer.removeEventListener("pointermove", follow), { once: true });
    });
    pointer.addEventListener("click", (event) => event.stopPropagation());
    pointers.set(row, pointer);
    box.append(pointer);
    return pointer;
  };
  const show = () => {
    const { width, height } = sizeOf(box);
    for (const row of rows()) {
      if (!isFull(row)) { pointers.get(row)?.remove(); pointers.delete(row); continue; }
      const [x, y] = fields(row).map((field) => Number(field.value));
      const pointer = pointerOf(row);
      pointer.style.left = `${(100 * x) / width}%`;
      pointer.style.top = `${(100 * y) / height}%`;
      pointer.setAttribute("aria-label", `${row.dataset.point}: ${x}, ${y}. ${part.dataset.points}`);
    }
    if ("open" in part.dataset && rows().every(isFull)) grow();
  };
  const grow = () => {
    const last = rows().at(-1);
    const number = rows().length + 1;
    if (number > 20) return;
    const next = last.cloneNode(true);
    const old = last.dataset.point;
    next.dataset.point = old.replace(/\d+/, number);
    for (const field of fields(next)) { field.value = ""; field.name = field.name.replace(/\d+$/, number); }
    for (const words of $$(".points__n, .vh", next)) words.textContent = words.textContent.replace(/\d+/, number);
    last.after(next);
    ready(next);
  };
  // A press on a row's name puts its point in the middle, where arrow keys take over.
  const ready = (row) => {
    const name = $(".points__n", row);
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn--sm points__n", textContent: name.textContent });
    button.addEventListener("click", () => {
      const { width, height } = sizeOf(box);
      if (!isFull(row)) set(row, width / 2, height / 2);
      pointers.get(row)?.focus();
    });
    name.replaceWith(button);
  };
  rows().forEach(ready);
  part.addEventListener("input", show);
  box.addEventListener("click", (event) => {
    const row = rows().find((one) => !isFull(one)) ?? rows().at(-1);
    set(row, ...at(event));
    pointers.get(row)?.focus({ preventScroll: true });
  });
  const image = $("img", box);
  if (image.complete) show(); else image.addEventListener("load", show);
}
