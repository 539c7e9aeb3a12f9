// Things to put in order: the numbers stay underneath; buttons and dragging change them.
import { $, $$ } from "../headway.js";
import { changed, dragging } from "./dragging.js";

export function order(list) {
  const rows = () => [...list.children];
  const select = (row) => $("select", row);
  const status = $("[data-sort-status]", list.parentElement);
  const number = (moved) => {
    rows().forEach((row, at) => {
      select(row).value = String(at + 1);
      $("[data-move='-1']", row).disabled = at === 0;
      $("[data-move='1']", row).disabled = at === rows().length - 1;
      $(".order__n", row).textContent = at + 1;
    });
    if (!moved) return;
    status.textContent = `${$("label", moved).textContent}: ${list.dataset.told} ${rows().indexOf(moved) + 1}`;
    changed(select(moved));
  };
  const before = rows();
  const placed = (row) => Number(select(row).value) || before.length;
  [...before].sort((one, other) => placed(one) - placed(other) || before.indexOf(one) - before.indexOf(other)).forEach((row) => list.append(row));
  for (const row of rows()) {
    const label = $("label", row);
    row.prepend(Object.assign(document.createElement("span"), { className: "order__n", ariaHidden: "true" }));
    for (const [by, words, sign] of [[-1, list.dataset.up, "↑"], [1, list.dataset.down, "↓"]]) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: sign });
      button.dataset.move = by;
      button.setAttribute("aria-label", `${words}: ${label.textContent}`);
      row.append(button);
    }
  }
  list.classList.add("is-sorted");
  number();
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    const row = button.closest("li");
    if (button.dataset.move === "-1") row.previousElementSibling?.before(row); else row.nextElementSibling?.after(row);
    number(row);
    if (button.disabled) $("[data-move]:not(:disabled)", row)?.focus(); else button.focus();
  });
  const across = list.classList.contains("order--across");
  dragging(list, ".order__row", {
    shade: false,
    // A finger scrolls the page, except on the number.
    refuse: (_row, event) => event.target.closest("button") || (event.pointerType === "touch" && !event.target.closest(".order__n")),
    over: (element) => element?.closest(".order__row"),
    move: (row, place, event) => {
      if (!place || place === row || place.parentElement !== list) return;
      const box = place.getBoundingClientRect();
      const isBefore = across ? event.clientX < box.left + box.width / 2 : event.clientY < box.top + box.height / 2;
      if (isBefore) place.before(row); else place.after(row);
    },
    drop: (row) => number(row),
  });
  // A press on the words of a row begins a drag; it does not go to the field underneath.
  for (const label of $$("label", list)) label.addEventListener("click", (event) => event.preventDefault());
}
