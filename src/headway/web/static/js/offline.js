// A student's week without a connection: what is done here is written down first and sent when it can be, and the page says
// what is saved where. Words come from the page. Without this file the same forms are sent as ever.
import { $, $$ } from "./headway.js";
import * as outbox from "./outbox.js";

const region = $("#offline");
const words = region?.dataset;
const root = document.documentElement;
const student = words?.student;
const savedAt = root.dataset.savedAt ?? root.dataset.insteadSavedAt;
const token = () => (savedAt ? "" : JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "");
const say = (text, facts) => text.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
const several = (name, count) => say(words[name + (new Intl.PluralRules(root.lang).select(count) === "one" ? "One" : "Other")], { count });
const clock = (moment) => {
  const day = new Date(moment);
  const hours = { hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat(root.lang, day.toDateString() === new Date().toDateString() ? hours : { weekday: "short", ...hours }).format(day);
};
const opened = performance.now();

// -- Sending: at once, when the connection or the reader comes back, and in between more and more rarely.
const SHORTEST_MS = 2_000, LONGEST_MS = 5 * 60_000;
let pause = SHORTEST_MS, timer = 0, state = "";
async function send() {
  clearTimeout(timer);
  state = await outbox.send(words.inbox, student, token());
  await render();
  if (state === "done") {
    pause = SHORTEST_MS;
    // A page that came from this device may be an old one: the way to the new one, never a reload under somebody's hands.
    if (savedAt && (await isConnected())) $("#no-connection").replaceChildren(Object.assign(document.createElement("a"), { href: location.href.split("#")[0], textContent: words.back }));
    return;
  }
  if (state === "later" || state === "busy") {
    timer = setTimeout(send, pause * (0.75 + Math.random() / 2));
    pause = Math.min(LONGEST_MS, pause * 2);
  }
  (await navigator.serviceWorker?.getRegistration())?.sync?.register("headway-send").catch(() => {});
}
const sendNow = () => { pause = SHORTEST_MS; return send(); };

// -- What is not sent yet, and what came of what was.
async function render() {
  const all = await outbox.operationsOf(student);
  const waiting = all.filter((each) => each.state === "waiting");
  const told = all.filter((each) => each.state !== "waiting" && !each.seen);
  const row = (operation, text) => {
    const made = document.createElement("li");
    const link = document.createElement(operation.address ? "a" : "span");
    link.textContent = operation.words;
    if (operation.address) link.href = operation.address;
    made.append(link, ` ${text}`);
    return made;
  };
  const said = waiting.length ? `${several("unsent", waiting.length)}${state === "strangers" ? ` ${words.strangers}` : ""}` : "";
  if ($("#unsent-words").textContent !== said) $("#unsent-words").textContent = said;
  $("#unsent-list").replaceChildren(...waiting.map((each) => row(each, clock(each.happened_at))));
  $("#unsent").hidden = !waiting.length;
  $("#received-list").replaceChildren(...told.map((each) => row(each, say(words.received, { words: each.told?.words ?? "", time: clock(each.settled) }))));
  $("#received").hidden = !told.length;
  for (const each of all) if (each.client_id === current?.client_id && each.state !== "waiting" && !each.seen) await cameBack(each);
}

// -- A form becomes an operation. Some fields say something about the page and nothing about the answer.
const OF_THE_PAGE = ["csrfmiddlewaretoken", "client_id", "hints", "shown_at"];
async function keepForm(form, submitter) {
  const fields = [...new FormData(form, submitter)].filter(([name, value]) => !OF_THE_PAGE.includes(name) && typeof value === "string");
  const same = (await outbox.waitingOf(student)).findLast((each) => isSame(each, form));
  if (same && JSON.stringify(same.fields) === JSON.stringify(fields)) return same;
  return outbox.keep({
    client_id: outbox.uuid(),
    student,
    verb: form.dataset.offlineVerb,
    block: form.dataset.offlineBlock,
    item: form.dataset.offlineItem ?? null,
    words: form.dataset.offlineWords ?? document.title,
    address: form.dataset.offlineItem ? location.pathname + location.search : "",
    fields,
    happened_at: new Date().toISOString(),
    seconds: form.dataset.offlineItem ? Math.round((performance.now() - opened) / 100) / 10 : null,
  });
}
const isSame = (operation, form) => operation.verb === form.dataset.offlineVerb && operation.block === form.dataset.offlineBlock && (operation.item ?? undefined) === form.dataset.offlineItem;
function fill(form, fields) {
  const given = new Map();
  for (const [name, value] of fields) given.set(name, [...(given.get(name) ?? []), value]);
  for (const field of form.elements) {
    if (!field.name || OF_THE_PAGE.includes(field.name) || field.type === "file") continue;
    const values = given.get(field.name) ?? [];
    if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
    else if (values.length) field.value = values.shift();
  }
  form.dispatchEvent(new CustomEvent("headway:filled", { bubbles: true }));
}

// -- Questions. htmx sends the answer and shows the feedback; the answer is written down before, under the same id.
const item = $("#item[data-offline-verb]");
const hasFile = () => $$("input[type=file]", item).some((field) => field.files.length);
let current = null, isKeeping = false;
function showSaved() {
  $("#saved-here")?.remove();
  const made = $("#saved-words").content.cloneNode(true).firstElementChild;
  made.id = "saved-here";
  const next = $("[data-next]", made);
  next.href = item.dataset.offlineNext;
  $("[data-again]", made).addEventListener("click", () => { hideSaved(); $(".item__left :is(input, select, textarea)", item)?.focus(); });
  const actions = $("#answer .item__actions");
  if (actions) actions.hidden = true;
  $("#feedback")?.remove();
  $("#answer").prepend(made);
  $("#problem").textContent = "";
  return made;
}
function hideSaved() {
  $("#saved-here")?.remove();
  const actions = $("#answer .item__actions");
  if (actions) actions.hidden = false;
}
function notSent() {
  showSaved().querySelector("h2").focus({ preventScroll: true });
  $("#saved-here").scrollIntoView({ block: "nearest" });
  sendNow();
}
// The answer of this page was received after all: the server draws its part anew.
async function cameBack(operation) {
  current = null;
  if (!$("#saved-here")) return;
  hideSaved();
  if (operation.told?.problem || operation.state === "refused") $("#problem").textContent = operation.told.words;
  else if (await isConnected()) {
    await htmx.ajax("GET", location.pathname + location.search, { target: "#answer", select: "#answer", swap: "outerHTML" });
    await outbox.markSeen([operation.client_id]);
  }
}
if (item && student) {
  item.addEventListener("htmx:confirm", async (event) => {
    if (event.detail.elt !== item) return;
    event.preventDefault();
    if (isKeeping) return;
    isKeeping = true;
    try {
      if (hasFile()) { // files go with their form or not at all
        if (!navigator.onLine) { $("#problem").textContent = words.files; return; }
        current = null;
      } else {
        current = await keepForm(item);
        // An answer never overtakes an older one to the same question that still waits: then both go in their order.
        const waitsBefore = (await outbox.waitingOf(student)).some((each) => isSame(each, item) && each.number < current.number);
        if (waitsBefore || !navigator.onLine) return notSent();
      }
    } catch { current = null; } finally { isKeeping = false; } // nothing can be kept in a private window: then as ever
    event.detail.issueRequest(true);
  });
  // Given to the request and not to a field: the part of the page with the field may be exchanged at this very moment.
  item.addEventListener("htmx:configRequest", (event) => {
    event.detail.timeout = 10_000;
    if (event.detail.elt === item && current) event.detail.parameters.client_id = current.client_id;
  });
  for (const type of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    item.addEventListener(type, (event) => {
      if (event.detail.elt !== item) { if (type !== "htmx:responseError") { event.stopPropagation(); $("#problem").textContent = words.hints; } return; }
      if (!current) return;
      event.stopPropagation();
      notSent();
    });
  }
  item.addEventListener("htmx:afterRequest", async (event) => {
    const { elt, xhr, successful } = event.detail;
    if (elt !== item || !current || !successful) return;
    if (xhr.getResponseHeader("Headway-Received") === current.client_id) { const { client_id: id } = current; current = null; await outbox.receivedByForm(id); } else sendNow();
  });
  outbox.waitingOf(student).then((waiting) => {
    const kept = waiting.findLast((each) => isSame(each, item));
    if (!kept) return;
    current = kept;
    fill(item, kept.fields);
    showSaved();
  }).catch(() => {});
}

// -- Other forms: sent as ever when the server answers, else written down.
const FRESH_PAGE_MS = 60_000;
async function isConnected() {
  if (!navigator.onLine) return false;
  try {
    await fetch(words.inbox, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(3000) });
    return true;
  } catch { return false; }
}
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!student || !form.dataset.offlineVerb || form === item || form.dataset.isOnItsWay) return;
  // A page that the server drew a moment ago says enough; else it is asked first.
  if (!savedAt && navigator.onLine && state !== "later" && performance.now() < FRESH_PAGE_MS) return;
  event.preventDefault();
  event.stopPropagation();
  const { submitter } = event;
  if (form.dataset.isAsking) return;
  form.dataset.isAsking = "1";
  try {
    if (await isConnected()) {
      form.dataset.isOnItsWay = "1";
      form.requestSubmit(submitter);
      return;
    }
    await keepForm(form, submitter);
    const next = form.dataset.offlineNext;
    if (next && navigator.serviceWorker?.controller) location.assign(next); else { await sendNow(); region.scrollIntoView({ block: "nearest" }); }
  } finally { delete form.dataset.isAsking; }
}, true);
addEventListener("pageshow", () => { for (const form of $$("form[data-is-on-its-way]")) delete form.dataset.isOnItsWay; });

// -- Signing out with work that only this device has: said before, and kept.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!student || form.dataset.signOut === undefined || form.dataset.isSure) return;
  event.preventDefault();
  event.stopPropagation();
  const left = await outbox.waitingOf(student).catch(() => []);
  if (left.length) await Promise.race([sendNow(), new Promise((resolve) => setTimeout(resolve, 3000))]);
  const waiting = await outbox.waitingOf(student).catch(() => []);
  const dialog = $("#leaving");
  form.dataset.isSure = "1";
  if (!waiting.length || !dialog || dialog.open) return void form.requestSubmit();
  $("#leaving-words").textContent = several("leaving", waiting.length);
  form.closest("[popover]")?.hidePopover?.();
  dialog.addEventListener("close", () => { delete form.dataset.isSure; }, { once: true });
  dialog.showModal();
}, true);

// -- The saved week: kept by the service worker, on the student's own visit to the week, and after a while on other pages.
const FRESH_MS = 10 * 60_000;
async function saveWeek() {
  if (!("serviceWorker" in navigator) || savedAt || navigator.connection?.saveData) return;
  try { await navigator.serviceWorker.register(words.worker, { type: "module", scope: "/", updateViaCache: "none" }); } catch { return; }
  const last = (await outbox.fact("saved-week")) ?? {};
  const isFresh = last.student === student && Math.abs(Date.now() - last.at) < FRESH_MS;
  if (isFresh && words.isWeek === undefined) return;
  const ready = await navigator.serviceWorker.ready;
  const channel = new BroadcastChannel("headway-pack");
  channel.onmessage = async ({ data }) => {
    if (data.student !== student) return;
    if (data.finished && !data.failed) await outbox.setFact("saved-week", { student, at: Date.parse(data.finished) });
    const told = $("#offline-ready");
    if (!told) return;
    told.textContent = !data.finished ? say(words.progress, data) : data.failed ? say(words.partly, { ...data, done: data.done - data.failed }) : say(words.ready, { time: clock(data.finished) });
  };
  ready.active.postMessage("pack");
}

async function start() {
  if (savedAt) $("#no-connection").textContent = say(root.dataset.savedAt ? words.saved : words.instead, { time: clock(savedAt) });
  else await outbox.noteClock(new Date(Number(words.now) * 1000), Date.now() - (performance.now() - performance.getEntriesByType("navigation")[0].responseStart));
  await outbox.setFact("left-words", { title: words.leftTitle, text: words.leftText, language: root.lang, style: $("link[rel=stylesheet]")?.getAttribute("href") ?? "" });
  await outbox.forgetOld();
  outbox.onChange(() => { render(); });
  $("#send-now").addEventListener("click", sendNow);
  $("#received-seen").addEventListener("click", async () => outbox.markSeen((await outbox.operationsOf(student)).filter((each) => each.state !== "waiting").map((each) => each.client_id)));
  await render();
  addEventListener("online", sendNow);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) sendNow(); });
  if ((await outbox.waitingOf(student)).length) send();
  if (document.readyState === "complete") saveWeek(); else addEventListener("load", saveWeek);
}
if (student) start().catch(() => {}); // no IndexedDB: everything is as without this file
