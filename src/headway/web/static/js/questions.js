// Questions: what script adds to forms that work without it. Each module improves the parts that carry its data-attribute,
// once; words come from the page. Nothing can be answered by dragging or pointing alone.
import { $$ } from "./headway.js";
import { drawing } from "./questions/drawing.js";
import { counted, upload } from "./questions/fields.js";
import { formulas } from "./questions/formulas.js";
import { media } from "./questions/media.js";
import { order } from "./questions/order.js";
import { lines, picture, ranks, spots } from "./questions/pictures.js";
import { points } from "./questions/points.js";
import { slider } from "./questions/slider.js";
import { slots } from "./questions/slots.js";

const PARTS = {
  "[data-latex]": formulas,
  "[data-picture]": picture,
  "[data-sort]": order,
  "[data-slots]": slots,
  "[data-spots]": spots,
  "[data-ranks]": ranks,
  "[data-lines]": lines,
  "[data-points]": points,
  "[data-slider]": slider,
  "[data-drawing]": drawing,
  "[data-media]": media,
  "[data-upload]": upload,
  "[data-counts]": counted,
};
const done = new WeakSet();

export function enliven(from) {
  for (const question of $$("[data-question]", from)) {
    if (done.has(question)) continue;
    done.add(question);
    question.classList.add("is-lively");
    for (const [selector, improve] of Object.entries(PARTS)) {
      if (question.matches(selector)) improve(question);
      for (const part of $$(selector, question)) if (!part.closest("fieldset:disabled")) improve(part);
    }
  }
}
enliven(document);
document.addEventListener("htmx:afterSwap", () => enliven(document));
