// A desk nobody sits at locks: half a minute before, the page says so; then it is left, in every tab.
import { keepPlace, takePlace } from "./place.js";

const WARN = 30;
const tabs = new BroadcastChannel("lock");
const limit = Number(document.body.dataset.lock);
let touched = Date.now();
let told = 0;

function tell() {
  told = Date.now();
  tabs.postMessage("touched");
  const form = document.getElementById("touch-form");
  fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" }).catch(() => {});
}

function touch() {
  touched = Date.now();
  document.getElementById("lock-soon").hidden = true;
  if (touched - told > 60000) tell();
}

function leave() {
  keepPlace();
  location.replace(`/locked/?next=${encodeURIComponent(location.pathname + location.search)}`);
}

export function lockNow(form) {
  form.querySelector("[name=back]").value = location.pathname + location.search;
  keepPlace();
  tabs.postMessage("locked");
}

function look() {
  const left = limit - (Date.now() - touched) / 1000;
  if (left > WARN) return;
  const soon = document.getElementById("lock-soon");
  if (left > 0) {
    if (soon.hidden) soon.hidden = false;
    soon.querySelector("b").textContent = Math.ceil(left);
    return;
  }
  const form = document.getElementById("lock-form");
  if (navigator.onLine) form.requestSubmit();
  else leave();
}

export function watchIdle() {
  if (!limit) return;
  takePlace();
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"])
    addEventListener(kind, touch, { passive: true, capture: true });
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  document.getElementById("lock-form").addEventListener("submit", (event) => lockNow(event.target));
  tabs.addEventListener("message", ({ data }) => {
    if (data === "touched") touched = Date.now();
    if (data === "locked") leave();
  });
  tabs.postMessage("opened");
  setInterval(look, 1000);
}
