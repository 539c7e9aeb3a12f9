// Drag a piece of a collection to another place; the order is saved with everything else. Arrows do the same by keyboard.
import { $, $$ } from "./headway.js";

let held = null;
const list = (event) => event.target.closest?.("[data-arrange]");
const number = (from) => $$("[data-piece]", from).forEach((row, place) => { const mark = $(".piece__n", row); if (mark) mark.textContent = String(place + 1); });

// Only the grip starts a drag, so that words in the fields can still be marked.
document.addEventListener("pointerdown", (event) => {
  const row = event.target.closest?.("[data-piece]");
  if (row && list(event)) row.draggable = event.target.closest(".piece__grip") !== null;
});
document.addEventListener("dragstart", (event) => {
  if (!list(event)) return;
  held = event.target.closest("[data-piece]");
  event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.("[data-piece]");
  if (!held || !over || over === held || over.parentElement !== held.parentElement) return;
  event.preventDefault();
  const box = over.getBoundingClientRect();
  if (event.clientY > box.top + box.height / 2) over.after(held); else over.before(held);
});
document.addEventListener("dragend", () => {
  if (!held) return;
  const pieces = held.parentElement;
  held.draggable = false;
  held = null;
  number(pieces);
  $("#save-order")?.click();
});
