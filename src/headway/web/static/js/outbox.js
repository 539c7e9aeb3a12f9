// What was done on this device and is not received yet. Every operation is written down here before it is sent, and forgotten
// only some days after the server said that it has it. Used by pages and by the service worker; knows no page.

const KEPT_MS = 3 * 24 * 3600 * 1000;
const AT_ONCE = 20;
const REPLY_MS = 15_000;
const CLOCK_MS = 5_000; // a difference as large as this means that somebody set the clock

// -- A small door to IndexedDB: `work` asks within one transaction; what it returns is called when all of it is written.
let opened = null;
function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("headway", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("operations", { keyPath: "client_id" }).createIndex("student", "student");
      request.result.createObjectStore("facts");
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => { request.result.close(); opened = null; };
      request.result.onclose = () => { opened = null; };
      resolve(request.result);
    };
    request.onerror = () => { opened = null; reject(request.error); };
  });
  return opened;
}
async function within(mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(["operations", "facts"], mode, { durability: "strict" });
    const result = work(transaction.objectStore("operations"), transaction.objectStore("facts"));
    transaction.oncomplete = () => resolve(result?.());
    transaction.onabort = () => reject(transaction.error);
  });
}

export const fact = (name) => within("readonly", (_operations, facts) => { const found = facts.get(name); return () => found.result; });
export const setFact = (name, value) => within("readwrite", (_operations, facts) => { facts.put(value, name); });

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID(); // not there on plain HTTP
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte, at) => (at === 6 ? (byte & 15) | 64 : at === 8 ? (byte & 63) | 128 : byte).toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const channel = "BroadcastChannel" in self ? new BroadcastChannel("headway-outbox") : null;
const listeners = [];
export function onChange(listener) {
  listeners.push(listener);
  if (channel) channel.onmessage = () => listeners.forEach((each) => each());
}
function changed() {
  channel?.postMessage("");
  for (const listener of listeners) listener();
}

// -- The clock: by how much this device's clock is behind the server's. Written into each operation when it happens, so that
//    setting the clock afterwards moves nothing. A message takes time on its way here, so what it says is always a little too
//    little: the largest is the nearest, and what was done first stays first.
export async function noteClock(serverNow, deviceNow = Date.now()) {
  const behind = Date.parse(serverNow) - deviceNow;
  await within("readwrite", (_operations, facts) => {
    const known = facts.get("behind");
    known.onsuccess = () => { if (Number.isFinite(behind) && !(behind <= known.result && known.result - behind < CLOCK_MS)) facts.put(behind, "behind"); };
  });
}

// -- Operations. `state` is waiting, received or refused.
export async function keep(operation) {
  const made = await within("readwrite", (operations, facts) => {
    const number = facts.get("number");
    const behind = facts.get("behind");
    behind.onsuccess = () => {
      Object.assign(operation, { number: (number.result ?? 0) + 1, clock_behind_ms: behind.result ?? null, state: "waiting" });
      facts.put(operation.number, "number");
      operations.put(operation);
    };
    return () => operation;
  });
  changed();
  return made;
}

export async function operationsOf(student) {
  const found = await within("readonly", (operations) => { const all = operations.index("student").getAll(student); return () => all.result; });
  return found.sort((one, other) => one.number - other.number);
}
export const waitingOf = async (student) => (await operationsOf(student)).filter((each) => each.state === "waiting");

// Only what still waits is settled: a second reply about the same thing changes nothing.
async function settle(answers) {
  await within("readwrite", (operations) => {
    for (const { client_id: id, facts } of answers) {
      const found = operations.get(id);
      found.onsuccess = () => { if (found.result?.state === "waiting") operations.put({ ...found.result, ...facts, settled: Date.now() }); };
    }
  });
  changed();
}
// The reply to an ordinary form said it: nothing is left to be told.
export const receivedByForm = (id) => settle([{ client_id: id, facts: { state: "received", seen: true } }]);

export async function markSeen(ids) {
  await within("readwrite", (operations) => {
    for (const id of ids) {
      const found = operations.get(id);
      found.onsuccess = () => { if (found.result) operations.put({ ...found.result, seen: true }); };
    }
  });
  changed();
}
export const forgetOld = (now = Date.now()) => within("readwrite", (operations) => {
  const cursor = operations.openCursor();
  cursor.onsuccess = () => {
    const at = cursor.result;
    if (!at) return;
    const { state, settled } = at.value;
    if (state !== "waiting" && !(Math.abs(now - settled) < KEPT_MS)) at.delete();
    at.continue();
  };
});

async function device() {
  const known = await fact("device");
  if (known) return known;
  return within("readwrite", (_operations, facts) => {
    const found = facts.get("device");
    let own;
    found.onsuccess = () => { own = found.result ?? uuid(); facts.put(own, "device"); };
    return () => own;
  });
}

// -- Sending.
const ask = (address, options = {}) => fetch(address, { cache: "no-store", redirect: "manual", credentials: "same-origin", signal: AbortSignal.timeout(REPLY_MS), ...options });

// Who is signed in here, with a fresh token; null when nobody is.
async function whoIsHere(address) {
  const reply = await ask(address);
  return reply.ok ? reply.json() : null;
}

// Send everything of a student that waits; without a student, of whoever is signed in. Returns done, busy (another tab is
// at it), later (no connection, or the server could not), or strangers (somebody else, or nobody, is signed in).
export async function send(address, student = "", token = "") {
  const run = (lock) => (lock === null ? "busy" : sendAll(address, student, token).catch(() => "later"));
  return navigator.locks ? navigator.locks.request("headway-send", { ifAvailable: true }, run) : run({});
}
async function sendAll(address, student, token) {
  let fresh = false;
  for (;;) {
    if (!token || !student) {
      const here = await whoIsHere(address);
      if (!here || (student && here.student !== student)) return "strangers";
      [student, token, fresh] = [here.student, here.token, true];
    }
    const rows = (await waitingOf(student)).slice(0, AT_ONCE);
    if (!rows.length) return "done";
    const body = JSON.stringify({ student, device: await device(), device_now: new Date().toISOString(), operations: rows.map(asSent) });
    const reply = await ask(address, { method: "POST", body, headers: { "Content-Type": "application/json", "X-CSRFToken": token } });
    if (reply.type === "opaqueredirect") return "strangers";
    if (reply.status === 403 && !fresh) { token = ""; continue; }
    if (!reply.ok) return "later";
    const told = await reply.json();
    token = told.token;
    await noteClock(told.now);
    const settled = told.answers.filter((each) => each.status !== "kept");
    await settle(settled.map((each) => ({ client_id: each.client_id, facts: { state: each.status === "refused" ? "refused" : "received", told: each } })));
    if (!settled.length) return "later";
  }
}
const asSent = ({ client_id, verb, block, item, fields, happened_at, clock_behind_ms, number, seconds }) => ({ client_id, verb, block, item, fields, happened_at, clock_behind_ms, number, seconds });
