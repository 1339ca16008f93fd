// A visit dragged by mouse, pen or finger: it begins after six pixels, or when a finger has rested on it.
import { drop, held, lift, putBack } from "./drop.js";

const FAR = 6;
const REST = 300;
const EDGE = 60;
const MOVABLE = new Set(["booked", "late"]);
let grip = null;
let ended = -Infinity;

// The click that follows a drag belongs to it, not to the card.
function swallow(event) {
  if (performance.now() - ended > 50) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

export function begin(event) {
  const card = event.target.closest?.(".ck-board:not(.by-staff) .ck-visit");
  if (!card || event.button || !MOVABLE.has(card.dataset.state) || event.target.closest("button, summary")) return;
  const at = card.getBoundingClientRect();
  grip = { card, x: event.clientX, y: event.clientY, top: event.clientY - at.top, isOn: false };
  if (event.pointerType === "touch") grip.rest = setTimeout(() => start(), REST);
}

function start() {
  if (!grip || grip.isOn) return;
  grip.isOn = true;
  lift(grip.card);
}

function columnAt(x) {
  for (const lane of held().lanes) {
    const head = lane.querySelector(".ck-colhead");
    const at = head.getBoundingClientRect();
    if (x >= at.left && x < at.right) return Number([...head.classList].find((name) => name.startsWith("gc-")).slice(3));
  }
  return held().column;
}

export function move(event) {
  if (!grip) return;
  const far = Math.hypot(event.clientX - grip.x, event.clientY - grip.y) > FAR;
  if (!grip.isOn && event.pointerType === "touch" && far) return letGo();
  if (!grip.isOn && far) start();
  if (!grip.isOn || !held()) return;
  const at = grip.card.getBoundingClientRect();
  const row = held().home.row + Math.round((event.clientY - grip.top - at.top) / (at.height / held().home.height));
  held().to(row, columnAt(event.clientX));
  if (event.clientY > innerHeight - EDGE) scrollBy(0, 12);
  else if (event.clientY < EDGE * 2) scrollBy(0, -12);
}

function letGo() {
  clearTimeout(grip?.rest);
  grip = null;
}

function end() {
  const wasOn = grip?.isOn;
  letGo();
  if (!wasOn) return;
  ended = performance.now();
  drop();
}

export function watchDrag() {
  document.addEventListener("click", swallow, true);
  document.addEventListener("pointerdown", begin);
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", () => {
    if (grip?.isOn) putBack();
    letGo();
  });
  document.addEventListener("touchmove", (event) => grip?.isOn && event.preventDefault(), { passive: false });
}
