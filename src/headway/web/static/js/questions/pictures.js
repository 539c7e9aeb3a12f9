// Places on a picture: a press on a place does what its field below does; the picture shows what the fields say.
import { $, $$ } from "../headway.js";
import { changed } from "./dragging.js";

const SVG = "http://www.w3.org/2000/svg";

// A picture whose size the document does not tell is measured when it is here.
export function picture(box) {
  const image = $("img", box);
  if (!box.classList.contains("qpic--unsized")) return;
  const measure = () => {
    for (const layer of $$("svg", box)) {
      layer.setAttribute("viewBox", `0 0 ${image.naturalWidth} ${image.naturalHeight}`);
      for (const all of $$("rect[width='0']", layer)) { all.setAttribute("width", image.naturalWidth); all.setAttribute("height", image.naturalHeight); }
    }
    box.classList.add("is-sized");
    box.dispatchEvent(new Event("headway:sized"));
  };
  if (image.complete && image.naturalWidth) measure(); else image.addEventListener("load", measure);
}

// A picture's own units.
export function sizeOf(box) {
  const view = $("svg", box)?.viewBox.baseVal;
  const image = $("img", box);
  return view?.width ? { width: view.width, height: view.height } : { width: Number(image.getAttribute("width")) || image.naturalWidth, height: Number(image.getAttribute("height")) || image.naturalHeight };
}

export function centre(area) {
  const sign = $(".spot__sign circle", area);
  const { width, height } = sizeOf(area.closest("[data-picture]"));
  return { x: sign.cx.baseVal.value, y: sign.cy.baseVal.value, width, height };
}

function areas(part, pressed) {
  const box = $("[data-picture]", part);
  box?.addEventListener("click", (event) => {
    const area = event.target.closest(".spot__area");
    if (area) pressed(area);
  });
  return box ? $$(".spot__area", box) : [];
}

export function spots(part) {
  const fields = $$(".spot input", part);
  const all = areas(part, (area) => fields.find((field) => field.value === area.dataset.key)?.click());
  const show = () => {
    for (const area of all) {
      const field = fields.find((one) => one.value === area.dataset.key);
      area.classList.toggle("is-chosen", Boolean(field?.checked));
      area.classList.toggle("is-focus", field === document.activeElement && field.matches(":focus-visible"));
    }
  };
  for (const type of ["change", "focusin", "focusout"]) part.addEventListener(type, () => setTimeout(show, 0));
  show();
}

export function ranks(part) {
  const fields = $$("[data-rank]", part);
  const most = fields.length ? fields[0].options.length - 1 : 0;
  const ranked = () => fields.filter((field) => field.value).sort((one, other) => one.value - other.value);
  const all = areas(part, (area) => {
    const field = fields.find((one) => one.dataset.rank === area.dataset.key);
    if (field.value) {
      field.value = "";
      ranked().forEach((one, at) => { one.value = String(at + 1); });
    } else if (ranked().length < most) field.value = String(ranked().length + 1);
    changed(field);
  });
  const letters = new Map(all.map((area) => [area, $("text", area).textContent]));
  const show = () => {
    for (const area of all) {
      const field = fields.find((one) => one.dataset.rank === area.dataset.key);
      area.classList.toggle("is-chosen", Boolean(field.value));
      area.classList.toggle("is-focus", field === document.activeElement);
      $("text", area).textContent = field.value || letters.get(area);
    }
  };
  part.addEventListener("change", (event) => {
    // Two places cannot be the same one in the row.
    for (const field of fields) if (field !== event.target && field.value && field.value === event.target.value) field.value = "";
    show();
  });
  for (const type of ["focusin", "focusout"]) part.addEventListener(type, () => setTimeout(show, 0));
  show();
}

export function lines(part) {
  const rows = $$("[data-pair]", part).map((row) => $$("select", row));
  let first = null;
  const all = areas(part, (area) => {
    if (!first || first === area) {
      first = first === area ? null : area;
      return show();
    }
    const [one, other] = [first.dataset.key, area.dataset.key];
    first = null;
    const same = rows.find(([a, b]) => [a.value, b.value].sort().join() === [one, other].sort().join());
    const row = same ?? rows.find(([a, b]) => !a.value && !b.value);
    if (row) {
      [row[0].value, row[1].value] = same ? ["", ""] : [one, other];
      changed(row[0]);
    }
    show();
  });
  const layer = $("svg", part);
  if (!layer) return;
  const drawn = document.createElementNS(SVG, "g");
  layer.prepend(drawn);
  const show = () => {
    drawn.replaceChildren();
    for (const [a, b] of rows) {
      const ends = [a, b].map((field) => all.find((area) => area.dataset.key === field.value)).map((area) => area && centre(area));
      if (!ends[0] || !ends[1]) continue;
      for (let twice = 0; twice < 2; twice += 1) {
        const line = document.createElementNS(SVG, "line");
        for (const [name, value] of Object.entries({ x1: ends[0].x, y1: ends[0].y, x2: ends[1].x, y2: ends[1].y, class: "spot__line" })) line.setAttribute(name, value);
        drawn.append(line);
      }
    }
    for (const area of all) {
      const isUsed = rows.some(([a, b]) => a.value && b.value && [a.value, b.value].includes(area.dataset.key));
      area.classList.toggle("is-chosen", area === first || isUsed);
      area.classList.toggle("is-focus", area === first);
    }
  };
  part.addEventListener("change", show);
  show();
}
