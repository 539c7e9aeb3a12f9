// Dragging with a mouse, a pen or a finger. A copy follows the pointer; a press without moving stays a click.
const FAR_PX = 6;

// from: where things are; selector: what can be held; over(element): the place under the pointer, or null;
// drop(thing, place, event); begin(thing) and move(thing, place, event) may be left out. `shade` false leaves the copy away.
export function dragging(from, selector, { over, drop, begin, move, shade = true, refuse = () => false }) {
  from.addEventListener("pointerdown", (event) => {
    const thing = event.target.closest(selector);
    if (!thing || event.button !== 0 || refuse(thing, event)) return;
    const start = { x: event.clientX, y: event.clientY };
    let ghost = null;
    let held = false;
    let place = null;
    const mark = (next) => {
      if (next === place) return;
      place?.classList.remove("is-target");
      place = next;
      place?.classList.add("is-target");
    };
    const follow = (at) => {
      if (at.pointerId !== event.pointerId) return;
      if (!held) {
        if (Math.hypot(at.clientX - start.x, at.clientY - start.y) < FAR_PX) return;
        held = true;
        thing.classList.add("is-held");
        begin?.(thing);
        if (shade) {
          const box = thing.getBoundingClientRect();
          ghost = thing.cloneNode(true);
          ghost.classList.add("tray__ghost");
          ghost.removeAttribute("id");
          ghost.style.inlineSize = `${box.width}px`;
          (from.closest("[data-question]") ?? document.body).append(ghost);
        }
      }
      at.preventDefault();
      if (ghost) ghost.style.transform = `translate(${at.clientX - ghost.offsetWidth / 2}px, ${at.clientY - ghost.offsetHeight / 2}px)`;
      mark(over(document.elementFromPoint(at.clientX, at.clientY), at));
      move?.(thing, place, at);
    };
    const end = (at) => {
      if (at.pointerId !== event.pointerId) return;
      for (const [type, then] of [["pointermove", follow], ["pointerup", end], ["pointercancel", end]]) removeEventListener(type, then);
      const where = place;
      mark(null);
      ghost?.remove();
      thing.classList.remove("is-held");
      if (!held) return;
      // The click that follows a drag is none; often there is no such click.
      const swallow = (click) => { click.stopPropagation(); click.preventDefault(); };
      addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
      if (at.type === "pointerup") drop(thing, where, at);
    };
    addEventListener("pointermove", follow, { passive: false });
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  });
}

export function changed(field) {
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}
