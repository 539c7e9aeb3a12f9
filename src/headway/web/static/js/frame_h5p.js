// Inside the sandbox, before the H5P core: what it is told, stand-ins for what a page without an origin lacks, and what is said
// to the page around it. This page has no cookies, no storage and no address but its own package; see web/shared/frames.
"use strict";
(() => {
  const told = JSON.parse(document.getElementById("told").textContent);
  // Only our own site may be around this page (frame-ancestors), so “*” reaches nobody else.
  const say = (action, more) => parent.postMessage({ headway: action, ...more }, "*");

  // Some content keeps small things in storage and stops where there is none: here it forgets them with the page.
  for (const name of ["localStorage", "sessionStorage"]) {
    const kept = new Map();
    const storage = {
      getItem: (key) => kept.get(String(key)) ?? null,
      setItem: (key, value) => void kept.set(String(key), String(value)),
      removeItem: (key) => void kept.delete(String(key)),
      clear: () => kept.clear(),
      key: (at) => [...kept.keys()][at] ?? null,
      get length() { return kept.size; },
    };
    Object.defineProperty(window, name, { configurable: true, value: storage });
  }
  // Calls between browsers go around the policy of a page.
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"]) delete window[name];

  window.H5PIntegration = told.integration;
  window.H5P = { preventInit: true };
  addEventListener("DOMContentLoaded", () => {
    H5P.externalDispatcher.on("xAPI", (event) => {
      const statement = event.data?.statement;
      if (/\/(answered|completed)$/.test(statement?.verb?.id ?? "")) say("statement", { statement: JSON.parse(JSON.stringify(statement)) });
    });
    // The core’s own styles make the body as tall as its frame; what is in it is measured instead.
    const inside = document.getElementById("inside");
    for (const each of [document.documentElement, document.body]) Object.assign(each.style, { height: "auto", width: "auto" });
    Object.assign(inside.style, { padding: "16px", boxSizing: "border-box" });
    H5P.init(document.body);
    const tall = () => say("height", { height: Math.max(inside.offsetHeight, inside.scrollHeight) });
    new ResizeObserver(tall).observe(inside);
    tall();
    say("ready");
    addEventListener("message", (event) => { if (event.source === parent && event.data?.headway === "hello") { say("ready"); tall(); } });
  });
})();
