// Words or pictures that are put somewhere: dragged, or pressed one after the other. The lists to choose from stay underneath.
import { $, $$ } from "../headway.js";
import { changed, dragging } from "./dragging.js";
import { centre } from "./pictures.js";

export function slots(part) {
  const tray = $("[data-tray]", part);
  const fields = $$("[data-slot]", part);
  if (!tray || !fields.length) return;
  if (tray.classList.contains("tray--words")) tray.setAttribute("aria-hidden", "true");
  const things = $$("[data-key]", tray);
  const boxOf = $("[data-picture]", part);
  let picked = null;

  const holds = (field, key) => (field.matches("select") ? field.value === key : field.value === key && field.checked);
  const uses = (key) => fields.filter((field) => holds(field, key));
  const pick = (thing) => {
    picked?.classList.remove("is-picked");
    picked = picked === thing ? null : thing;
    picked?.classList.add("is-picked");
  };
  const empty = (field) => { if (field.matches("select")) field.value = ""; else field.checked = false; };
  // What may be used once moves: it leaves the place where it was.
  const makeRoom = (key, keep) => {
    const most = Number(things.find((thing) => thing.dataset.key === key)?.dataset.most ?? 0);
    const used = uses(key).filter((field) => field !== keep);
    if (most) used.slice(0, Math.max(0, used.length + 1 - most)).forEach(empty);
  };
  const put = (thing, place) => {
    const key = thing.dataset.key;
    const own = place.matches("[data-slot]") ? [place] : place.matches(".spot__area") ? fields.filter((field) => field.dataset.slot === place.dataset.key) : $$("[data-slot]", place);
    const field = own.find((one) => one.matches("select") || one.value === key);
    if (!field) return;
    if (field.matches("select")) field.value = key; else field.checked = true;
    changed(field);
  };
  const placeOf = (element) => {
    const place = element?.closest(".spot__area, .pairs__row, .gap, .spotrow, [data-slot]");
    return place && part.contains(place) ? place : null;
  };
  const show = () => {
    for (const thing of things) {
      const most = Number(thing.dataset.most);
      thing.classList.toggle("is-used", most > 0 && uses(thing.dataset.key).length >= most);
    }
    if (!boxOf) return;
    $$(".qpic__put", boxOf).forEach((one) => one.remove());
    for (const area of $$(".spot__area", boxOf)) {
      const here = things.filter((thing) => fields.some((field) => field.dataset.slot === area.dataset.key && holds(field, thing.dataset.key)));
      area.classList.toggle("is-chosen", here.length > 0);
      here.forEach((thing, at) => {
        const { x, y, width, height } = centre(area);
        const picture = $("img", thing);
        const put = picture ? picture.cloneNode() : Object.assign(document.createElement("span"), { className: "tray__one", textContent: thing.textContent });
        put.classList.add("qpic__put");
        put.setAttribute("aria-hidden", "true");
        if (picture) { put.alt = ""; put.style.inlineSize = `${(100 * (picture.width || 40)) / width}%`; }
        put.style.left = `${(100 * x) / width + 4 * at}%`;
        put.style.top = `${(100 * y) / height}%`;
        boxOf.append(put);
      });
    }
  };

  part.addEventListener("change", (event) => {
    const field = event.target.closest("[data-slot]");
    if (!field) return;
    const key = field.matches("select") ? field.value : field.checked && field.value;
    if (key) makeRoom(key, field);
    show();
  });
  tray.addEventListener("click", (event) => {
    const thing = event.target.closest("[data-key]");
    if (thing) pick(thing);
  });
  // With something picked up, a press on a place puts it there; the list does not open.
  part.addEventListener("mousedown", (event) => {
    const place = picked && !tray.contains(event.target) && placeOf(event.target);
    if (!place) return;
    event.preventDefault();
    put(picked, place);
    pick(picked);
  });
  part.addEventListener("click", (event) => {
    const area = event.target.closest(".spot__area");
    if (area && !picked) fields.find((field) => field.dataset.slot === area.dataset.key)?.focus();
  });
  dragging(tray, "[data-key]", { over: placeOf, drop: (thing, place) => { if (place) put(thing, place); } });
  show();
  if (boxOf) boxOf.addEventListener("headway:sized", show);
}
