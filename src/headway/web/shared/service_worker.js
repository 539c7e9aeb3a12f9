// The service worker of students: it answers with saved pages where there is no connection, keeps the saved week up to date,
// and sends what waits when the browser finds a connection by itself. Pages are the server's own; nothing is drawn here.
import { fact, send, setFact } from "{% static 'js/outbox.js' %}";

const STATIC = "{% get_static_prefix %}", HOME = "{% url 'home' %}", WEEK = "{% url 'student-week' %}";
const SIGN_OUT = "{% url 'sign-out' %}", INBOX = "{% url 'student-inbox' %}", PACK = "{% url 'student-offline-pack' %}";
const SHELL = "headway-shell-1", PRIVATE = "headway-student-1-";
const WAIT_MS = 3000, AT_ONCE = 2;
const HASHED = /\.[0-9a-f]{12}\.\w+$/;
const PICTURES = /(?:src|poster|data)="(\/(?!\/)[^"#]+)"/g;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("sync", (event) => { if (event.tag === "headway-send") event.waitUntil(send(INBOX)); });
addEventListener("message", (event) => { if (event.data === "pack") event.waitUntil(savePack()); });
addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate" && request.destination === "document") event.respondWith(page(request, url));
  else if (request.method === "GET" && request.mode !== "navigate" && !url.pathname.startsWith(WEEK) && !request.headers.has("range")) event.respondWith(file(request, url));
});

// -- Whose device it is just now: the student whose page the server drew last. Another student, an adult or the door means
//    that the saved pages go; what waits to be sent stays.
async function noteOwner(response) {
  if (response.status !== 200 || !response.headers.get("content-type")?.startsWith("text/html")) return;
  const owner = response.headers.get("Headway-Student") ?? "";
  if (owner === ((await fact("student")) ?? "")) return;
  await setFact("student", owner);
  await forgetPages(owner);
}
async function forgetPages(except) {
  for (const name of await caches.keys()) if (name.startsWith("headway-student-") && (!except || name !== PRIVATE + except)) await caches.delete(name);
}

// -- Pages: the server first; after three seconds, or without it, the page as it was saved.
async function page(request, url) {
  if (url.pathname === SIGN_OUT && request.method === "POST") return leave(request);
  if (!(await hasLeft())) return left();
  const network = fetch(request).then(async (response) => { await noteOwner(response); return response; });
  const student = await fact("student");
  if (!student || request.method !== "GET" || !(url.pathname.startsWith(WEEK) || url.pathname === HOME)) return network;
  const saved = await (await caches.open(PRIVATE + student)).match(url.pathname === HOME ? WEEK : url.href.replace(/&left=\d+$/, ""), { ignoreVary: true });
  const answered = network.then((response) => (response.status >= 502 && response.status <= 504 ? null : response), () => null);
  const response = await (saved ? Promise.race([answered, new Promise((resolve) => setTimeout(resolve, WAIT_MS, null))]) : answered);
  if (response) return response;
  if ((await fact("student")) !== student) return network; // signed out while we waited
  return saved ? shown(saved, "saved-at") : (await week(student)) ?? network;
}
async function week(student) {
  const saved = await (await caches.open(PRIVATE + student)).match(WEEK, { ignoreVary: true });
  return saved && shown(saved, "instead-saved-at");
}
async function shown(saved, name) {
  const headers = new Headers(saved.headers);
  for (const gone of ["content-encoding", "content-length"]) headers.delete(gone);
  const text = await saved.text();
  return new Response(text.replace("<html ", `<html data-${name}="${headers.get("Headway-Saved")}" `), { headers });
}

// -- Files: what has its hash in its name never changes; anything else comes from the server where there is one.
async function file(request, url) {
  const student = await fact("student");
  const find = async () => (await (await caches.open(SHELL)).match(request, { ignoreVary: true })) ?? (student ? (await caches.open(PRIVATE + student)).match(request, { ignoreVary: true }) : undefined);
  if (url.pathname.startsWith(STATIC) && HASHED.test(url.pathname)) return (await find()) ?? fetch(request);
  try { return await fetch(request); } catch (problem) {
    const saved = await find();
    if (saved) return saved;
    throw problem;
  }
}

// -- Signing out: the saved pages go at once. Without a connection the session is ended as soon as there is one, before
//    anything else is shown.
async function leave(request) {
  const body = await request.clone().text();
  await setFact("student", "");
  await forgetPages("");
  try { return await fetch(request); } catch {
    await setFact("leaving", body);
    return left();
  }
}
async function hasLeft() {
  const body = await fact("leaving");
  if (!body) return true;
  try {
    const reply = await fetch(SIGN_OUT, { method: "POST", body, redirect: "manual", headers: { "Content-Type": "application/x-www-form-urlencoded" } });
    // 403: the session has ended by itself, so there is none to end.
    if (reply.type !== "opaqueredirect" && reply.status !== 403) return false;
  } catch { return false; }
  await setFact("leaving", "");
  return true;
}
async function left() {
  const words = (await fact("left-words")) ?? { title: "", text: "", language: "en" };
  const plain = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const html = `<!doctype html><html lang="${plain(words.language)}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${plain(words.title)}</title><link rel='stylesheet' href='${plain(words.style ?? "")}'><main class="page page--narrow"><h1>${plain(words.title)}</h1><p>${plain(words.text)}</p></main></html>`;
  return new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'" } });
}

// -- The saved week. Only what has another hash than last time is fetched; it goes on where it was cut off.
let saving = null;
function savePack() {
  saving ??= pack().finally(() => { saving = null; });
  return saving;
}
async function pack() {
  const said = new BroadcastChannel("headway-pack");
  const options = { redirect: "manual", cache: "no-store", headers: { "Headway-Pack": "1" } };
  let done = 0, failed = 0, list;
  try { list = await (await fetch(PACK, options)).json(); } catch { return said.close(); }
  const isOwner = async () => (await fact("student")) === list.student;
  if (!(await fact("student"))) await setFact("student", list.student);
  if (!(await isOwner())) return said.close();
  const [shell, own] = [await caches.open(SHELL), await caches.open(PRIVATE + list.student)];
  const pictures = new Set();
  const count = list.files.length + list.pages.length;
  const tell = (more = {}) => said.postMessage({ student: list.student, done, failed, count, ...more });
  const pictured = (text) => { for (const [, address] of text.matchAll(PICTURES)) if (!address.startsWith(STATIC) && !address.startsWith(WEEK)) pictures.add(address.replaceAll("&amp;", "&")); };
  const saveFile = async (address) => {
    if (HASHED.test(address) && (await shell.match(address, { ignoreVary: true }))) return;
    const response = await fetch(address, { cache: "no-cache" });
    if (!response.ok) throw new Error(address);
    await shell.put(address, response);
  };
  const savePage = async ({ address, hash }) => {
    const known = await own.match(address, { ignoreVary: true });
    if (known?.headers.get("Headway-Hash") === hash) return pictured(await known.text());
    const response = await fetch(address, options);
    if (response.type === "opaqueredirect") return; // a page that leads on has nothing to keep
    if (!response.ok || response.headers.get("Headway-Student") !== list.student) throw new Error(address);
    const headers = new Headers(response.headers);
    headers.set("Headway-Hash", hash);
    headers.set("Headway-Saved", new Date().toISOString());
    const text = await response.text();
    pictured(text);
    if (await isOwner()) await own.put(address, new Response(text, { headers }));
  };
  const savePicture = async (address) => {
    if (await own.match(address, { ignoreVary: true })) return;
    const response = await fetch(address, { redirect: "manual" });
    if (response.ok && (await isOwner())) await own.put(address, response);
  };
  const all = async (rows, save, counts = true) => {
    const waiting = [...rows];
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      while (await isOwner()) {
        if (!waiting.length) return;
        try { await save(waiting.shift()); } catch { failed += counts ? 1 : 0; }
        if (counts) { done += 1; tell(); }
      }
    }));
  };
  await all(list.files, saveFile);
  await all(list.pages, savePage);
  await all(pictures, savePicture, false);
  if (!failed && (await isOwner())) {
    const wanted = new Set([...list.pages.map((each) => each.address), ...pictures].map((address) => new URL(address, location.origin).href));
    for (const known of await own.keys()) if (!wanted.has(known.url)) await own.delete(known);
    const files = new Set(list.files.map((address) => new URL(address, location.origin).href));
    for (const known of await shell.keys()) if (!files.has(known.url)) await shell.delete(known);
  }
  tell({ finished: new Date().toISOString() });
  said.close();
}
