// The library: what is open beside the results has the focus and gives it back; filters stay as they were opened; new
// results are where the eyes go. Without this file the same links and forms open pages of their own.
import { $, $$, isTyping } from "./headway.js";

const panel = () => $("#panel");
let from = null;

// -- The panel: a preview, or who gets it. Esc or its cross closes it; the focus goes back to where it came from.
function close() {
  const shown = panel();
  if (!shown || shown.hidden) return false;
  shown.replaceChildren();
  shown.hidden = true;
  $$(".res.is-on").forEach((each) => each.classList.remove("is-on"));
  (document.getElementById(from) ?? $("#q"))?.focus();
  return true;
}
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[hx-target='#panel']");
  if (opener && !opener.closest("#panel")) from = opener.id;
  if ($(".lib") && event.target.closest("[data-panel-close]")) { event.preventDefault(); close(); }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && $(".lib") && !event.target.matches("select, #q") && close()) event.preventDefault();
});
// What was assigned is said in the panel; once it is taken back there is nothing to say.
document.addEventListener("submit", (event) => { if ($(".lib [data-assigned]") && event.target.closest("#toasts")) close(); });
let fresh = false;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id === "panel") fresh = !event.detail.target.contains(document.activeElement) || Boolean(document.activeElement.closest("a"));
});
document.addEventListener("htmx:afterSettle", (event) => {
  const shown = panel();
  if (!shown || event.detail.elt?.id !== "panel") return;
  reopen();
  $$(".res").forEach((each) => each.classList.toggle("is-on", each.id === `res-${shown.dataset.of}`));
  if (fresh) $("#panel-h")?.focus();
});

// -- Results: how many there are is said (the server sends the words); after "more" the first new one has the focus.
let next = null;
document.addEventListener("htmx:beforeRequest", (event) => { if (event.target.id === "more") next = Number(event.target.dataset.from); });
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt?.id !== "shelf") return;
  arrange();
  if (next !== null) { $$("#results .res h3 a")[next]?.focus(); next = null; }
  else if (document.activeElement === document.body) $("#res-h")?.focus({ preventScroll: true });
});

// -- Filters stay as somebody opened them; on a small screen they are folded until somebody wants them.
const opened = new Map();
const wide = matchMedia("(min-width: 48rem)");
document.addEventListener("toggle", (event) => { if (event.target.matches?.(".facets details, #panel details[id]")) opened.set(event.target.id, event.target.open); }, true);
let isUnfolded = null;
document.addEventListener("click", (event) => { if (event.target.closest("#narrow > summary")) isUnfolded = !$("#narrow").open; });
function arrange() {
  const narrow = $("#narrow");
  if (!narrow) return;
  narrow.open = wide.matches || isUnfolded === true;
  reopen();
}
function reopen() {
  for (const [id, isOpen] of opened) { const each = document.getElementById(id); if (each) each.open = isOpen; }
}
wide.addEventListener("change", arrange);
arrange();

// -- Up and down go from title to title.
document.addEventListener("keydown", (event) => {
  if (isTyping(event) || event.defaultPrevented || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const links = $$("#results .res h3 a"), here = links.indexOf(document.activeElement);
  if (here < 0) return;
  event.preventDefault();
  links[here + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
});
