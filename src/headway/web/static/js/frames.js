// The page around a sandbox: it hears what is said inside, sends results to the server once, and passes answers to its form.
// Nothing from inside is trusted: it is heard only from its own frame, in a known shape and size.
import { $, $$ } from "./headway.js";

const LONGEST_WORD = 20_000, MOST_STATEMENTS = 500, TALLEST = 6000, AGAIN_AFTER_MS = 15_000;
const clock = () => new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" }).format(new Date());
const token = () => JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";

// crypto.randomUUID is there only on HTTPS; a school's own network often has none.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// --- activities that score themselves: every result is kept on this device until the server has it ---
function activity(frame) {
  const words = $("[data-frame-told]", frame.parentElement);
  const { statements: address, kept: block } = frame.dataset;
  const place = `hw-play:${block}`, play = newId();
  const waiting = () => JSON.parse(localStorage.getItem(place) ?? "[]");
  const keep = (list) => (list.length ? localStorage.setItem(place, JSON.stringify(list)) : localStorage.removeItem(place));
  const tell = (name, facts = {}) => {
    words.textContent = words.dataset[name].replace("{time}", clock()).replace("{score}", facts.score ?? "");
  };
  let heard = 0, isSending = false;

  async function send() {
    if (isSending) return;
    isSending = true;
    try {
      for (let next = waiting()[0]; next; next = waiting()[0]) {
        const answer = await fetch(address, {
          method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token() }, body: JSON.stringify(next),
        });
        // Not reached, not well, or signed out since: it stays here. Anything else has been decided.
        if (answer.status >= 500 || answer.status === 403 || answer.redirected) throw new Error(answer.statusText);
        keep(waiting().filter((each) => each.client_id !== next.client_id));
        if (answer.ok) tell({ saved: "saved", "not about a skill": "notCounted" }[(await answer.json()).became] ?? "seen");
        else tell(answer.status === 409 ? "over" : "lost");
      }
    } catch {
      tell("offline");
      setTimeout(send, AGAIN_AFTER_MS);
    } finally {
      isSending = false;
    }
  }

  tell("loading");
  if (address) {
    addEventListener("online", send);
    if (waiting().length) send();
  }
  return {
    ready: () => { if (words.textContent === words.dataset.loading) words.textContent = ""; },
    statement: ({ statement }) => {
      if (!statement?.result?.score || (heard += 1) > MOST_STATEMENTS) return;
      if (!address) return tell("preview", { score: Math.round(100 * (Number(statement.result.score.scaled) || 0)) });
      keep([...waiting(), { client_id: newId(), play, statement }]);
      send();
    },
  };
}

// --- portable custom interactions: what is answered inside goes into the form around, as QTI writes values ---
function valuesOf(response) {
  const text = (value) => (Array.isArray(value) ? value.join(" ") : String(value));
  if (response?.record) return [JSON.stringify(response.record)];
  const [kind] = ["base", "list"].filter((name) => response?.[name]);
  const values = kind ? Object.values(response[kind])[0] : null;
  if (values === null || values === undefined) return [];
  return (kind === "list" ? values : [values]).filter((value) => value !== null && value !== "").map(text);
}

function custom(frame) {
  const place = $("[data-frame-answer]", frame.parentElement), words = $("[data-frame-told]", frame.parentElement);
  const name = place.dataset.frameAnswer;
  const chosen = $$("input", place).map((field) => field.value);
  return {
    ready: () => frame.contentWindow.postMessage({ headway: "begin", values: chosen }, "*"),
    started: () => { words.textContent = ""; },
    failed: () => { words.textContent = words.dataset.failed; },
    response: ({ response }) => {
      const fields = valuesOf(response).slice(0, 50).map((value) => Object.assign(document.createElement("input"), { type: "hidden", name, value: value.slice(0, 5000) }));
      place.replaceChildren(...fields);
      place.dispatchEvent(new Event("change", { bubbles: true }));
    },
  };
}

const heardBy = new Map($$("iframe[data-frame]").map((frame) => [frame, frame.dataset.frame === "h5p" ? activity(frame) : custom(frame)]));

addEventListener("message", (event) => {
  const frame = [...heardBy.keys()].find((each) => each.contentWindow === event.source);
  if (!frame || event.origin !== "null" || typeof event.data?.headway !== "string") return;
  const { headway: action } = event.data;
  if (action === "height") {
    const height = Number(event.data.height);
    if (height > 0) frame.style.blockSize = `${Math.min(Math.ceil(height), TALLEST)}px`;
    return;
  }
  if (JSON.stringify(event.data).length > LONGEST_WORD) return;
  const hear = heardBy.get(frame);
  if (Object.hasOwn(hear, action)) hear[action](event.data);
});

// A frame that was ready before this file was: ask once more.
for (const frame of heardBy.keys()) frame.contentWindow?.postMessage({ headway: "hello" }, "*");
