// Inside the sandbox: a small loader of AMD modules (define, require), and the one portable custom interaction they bring.
// Modules come from the question's own files only; nothing else can be reached from here. See web/shared/frames.
"use strict";
(() => {
  const told = JSON.parse(document.getElementById("told").textContent);
  // Only our own site may be around this page (frame-ancestors), so “*” reaches nobody else.
  const say = (action, more) => parent.postMessage({ headway: action, ...more }, "*");
  const ASK_EVERY_MS = 250, WAIT_FOR_MODULE_MS = 20_000;
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"]) delete window[name];
  for (const name of ["localStorage", "sessionStorage"]) {
    const kept = new Map();
    Object.defineProperty(window, name, { configurable: true, value: {
      getItem: (key) => kept.get(String(key)) ?? null, setItem: (key, value) => void kept.set(String(key), String(value)),
      removeItem: (key) => void kept.delete(String(key)), clear: () => kept.clear(),
    } });
  }

  // --- modules ---
  const paths = new Map();   // module → addresses, the first that loads is taken
  const modules = new Map(); // module → promise of what it gives
  const waiting = new Map(); // script → what it defined while it ran
  const foundAt = new Map(); // module → the address it was found at
  let isShim = {};

  const address = (path) => (/^[a-z]+:/i.test(path) ? path : told.files + path.replace(/^(\.?\/)+/, ""));
  const withEnding = (path) => (/\.m?js([?#]|$)/.test(path) ? path : `${path}.js`);
  function resolved(id, from) {
    if (!id.startsWith(".")) return id;
    const parts = from.split("/").slice(0, -1);
    for (const part of id.split("/")) if (part === "..") parts.pop(); else if (part !== ".") parts.push(part);
    return parts.join("/");
  }
  function addressesOf(id) {
    if (paths.has(id)) return paths.get(id).map((path) => address(withEnding(path)));
    const start = [...paths.keys()].filter((key) => id.startsWith(`${key}/`)).sort((one, other) => other.length - one.length)[0];
    const list = start ? paths.get(start).map((path) => path.replace(/\.js$/, "") + id.slice(start.length)) : [id];
    return list.map((path) => address(withEnding(path)));
  }
  function script(source) {
    return new Promise((resolve, reject) => {
      const element = Object.assign(document.createElement("script"), { src: source, async: true });
      waiting.set(element, []);
      element.onload = () => resolve(waiting.get(element));
      element.onerror = () => reject(new Error(source));
      document.head.append(element);
    });
  }
  async function text(path, near) {
    for (const source of [near, address(path)].filter(Boolean)) {
      const answer = await fetch(source, { credentials: "omit" });
      if (answer.ok) return answer.text();
    }
    throw new Error(path);
  }
  const plugins = {
    text, json: async (path, near) => JSON.parse(await text(path, near)),
    css: async (path, near) => {
      const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: (near ?? address(path)).replace(/(\.css)?$/, ".css") });
      document.head.append(link);
    },
  };

  // `near` is where the file would be if the name were meant from the file that asks, which many authors do.
  function load(id, near) {
    if (modules.has(id)) return modules.get(id);
    const promise = (async () => {
      const [kind, path] = id.includes("!") ? id.split("!", 2) : [];
      if (plugins[kind]) return plugins[kind](path, near);
      for (const source of [near && withEnding(near), ...addressesOf(id)].filter(Boolean)) {
        let defined;
        try { defined = await script(source); } catch { continue; }
        foundAt.set(id, source);
        for (const one of defined.filter((each) => each.id && each.id !== id)) if (!modules.has(one.id)) modules.set(one.id, built(one.id, one));
        const own = defined.find((each) => each.id === id) ?? defined.find((each) => !each.id);
        if (own) return built(id, own);
        // A bundle may define its modules under other names, and an old script may define none.
        return defined.length ? modules.get(defined.at(-1).id) : isShim[id]?.exports && window[isShim[id].exports];
      }
      throw new Error(id);
    })();
    modules.set(id, promise);
    return promise;
  }
  async function built(id, { needs, make }) {
    const module = { id, exports: {} };
    const given = { require: requireFrom(id), exports: module.exports, module };
    const parts = await Promise.all(needs.map((need) => given[need] ?? wanted(need, id)));
    const result = typeof make === "function" ? make.apply(window, parts) : make;
    return result === undefined ? module.exports : result;
  }
  const wanted = (need, from) => {
    const path = need.slice(need.indexOf("!") + 1), place = foundAt.get(from);
    return load(plain(need, from), path.startsWith(".") && place ? new URL(path, place).href : undefined);
  };
  const plain = (need, from) => (need.includes("!") ? need.replace(/!(.*)$/, (_all, path) => `!${resolved(path, from)}`) : resolved(need, from));
  function requireFrom(from) {
    return Object.assign((needs, done, failed) => {
      if (typeof needs === "string") throw new Error(`“${needs}” has to be named in define().`);
      Promise.all(needs.map((need) => wanted(need, from))).then((parts) => done?.apply(window, parts), failed ?? ((problem) => setTimeout(() => { throw problem; })));
    }, { toUrl: (path) => address(resolved(path, from)), config, specified: (id) => modules.has(id), defined: (id) => modules.has(id) });
  }
  function config(settings) {
    for (const [id, path] of Object.entries(settings?.paths ?? {})) paths.set(id, [path].flat());
    isShim = { ...isShim, ...settings?.shim };
  }
  window.define = (...given) => {
    const id = typeof given[0] === "string" ? given.shift() : "";
    const needs = Array.isArray(given[0]) ? given.shift() : typeof given[0] === "function" && given[0].length ? ["require", "exports", "module"].slice(0, given[0].length) : [];
    const entry = { id, needs, make: given[0] };
    const running = waiting.get(document.currentScript);
    if (running) running.push(entry);
    else if (id && !modules.has(id)) modules.set(id, built(id, entry));
  };
  window.define.amd = {};
  window.require = window.requirejs = requireFrom("");

  // --- the interaction ---
  const registered = [];
  const context = { register: (one) => void registered.push(one), notifyReady: () => {}, notifyDone: () => {} };
  modules.set("qtiCustomInteractionContext", Promise.resolve(context));
  window.qtiCustomInteractionContext = context;

  const numbers = { integer: Number, float: Number, duration: Number, boolean: (value) => value === "true" };
  const asJson = (value) => {
    const kind = told.base_type;
    if (kind === "point") return value.split(" ").map(Number);
    if (kind === "pair" || kind === "directedPair") return value.split(" ");
    return numbers[kind] ? numbers[kind](value) : value;
  };
  function answered(values) {
    if (told.cardinality === "record") { try { return { record: JSON.parse(values[0]) }; } catch { return null; } }
    if (told.cardinality === "single") return values.length ? { base: { [told.base_type]: asJson(values[0]) } } : null;
    return { list: { [told.base_type]: values.map(asJson) } };
  }

  let interaction = null, last = "";
  function tell() {
    if (!interaction) return;
    const response = interaction.getResponse?.() ?? null;
    const now = JSON.stringify(response);
    if (now !== last) say("response", { response: JSON.parse(now) });
    last = now;
  }
  const soon = () => setTimeout(tell);
  // What is answered is told at once, so that whoever presses “Check” next sends it; the clock is for what nobody pressed.
  for (const name of ["click", "keyup", "input", "change", "pointerup", "qti-interaction-changed"]) addEventListener(name, soon, true);
  addEventListener("blur", tell);

  async function start(values) {
    for (const [id, list] of Object.entries(told.modules)) if (list.length) paths.set(id, list);
    for (const path of [...told.configurations].reverse()) {
      try {
        const { paths: listed, ...others } = JSON.parse(await text(path));
        // What the document itself says goes first; “..” in the list leads from the list to the package.
        const fresh = Object.fromEntries(Object.entries(listed ?? {}).filter(([id]) => !told.modules[id]?.length));
        config({ ...others, paths: fresh });
      } catch { /* one of two lists may be missing */ }
    }
    const module = await Promise.race([
      load(told.module || Object.keys(told.modules)[0]),
      new Promise((_resolve, reject) => setTimeout(() => reject(new Error("late")), WAIT_FOR_MODULE_MS)),
    ]);
    const found = registered.find((one) => one.typeIdentifier === told.type) ?? registered[0] ?? module;
    const inside = document.getElementById("inside");
    const bound = answered(values);
    last = JSON.stringify(bound);
    const ready = (instance) => {
      interaction = instance ?? interaction;
      setInterval(tell, ASK_EVERY_MS);
      say("started");
    };
    const made = found.getInstance(inside, {
      properties: told.properties, templateVariables: told.templates, contextVariables: {}, responseIdentifier: told.response,
      boundTo: { [told.response]: bound ?? { base: null } }, language: told.language, status: "interacting", onready: ready, ondone: tell,
    }, undefined);
    if (made?.getResponse && !interaction) ready(made);
  }

  let isBegun = false;
  addEventListener("message", (event) => {
    if (event.source !== parent) return;
    if (event.data?.headway === "hello") say("ready");
    if (event.data?.headway !== "begin" || isBegun) return;
    isBegun = true;
    start(event.data.values ?? []).catch((problem) => { say("failed"); console.warn(String(problem)); });
  });
  addEventListener("DOMContentLoaded", () => {
    const inside = document.getElementById("inside");
    Object.assign(document.body.style, { margin: "0", font: "18px/1.5 system-ui, sans-serif" });
    Object.assign(inside.style, { padding: "16px", boxSizing: "border-box" });
    const tall = () => say("height", { height: Math.max(inside.offsetHeight, inside.scrollHeight) });
    new ResizeObserver(tall).observe(inside);
    tall();
    say("ready");
  });
})();
