// What floats over the card in hand, its menu and a glance at it, comes with the first card pointed at or focused.
import { CARD } from "./board.js";

const WAKES = ["pointerover", "pointerdown", "focusin", "contextmenu"];
let loading = null;

async function load() {
  const [dots, peek] = await Promise.all([import("./card-dots.js"), import("./peek.js")]);
  for (const kind of WAKES) document.removeEventListener(kind, wake, true);
  dots.watchDots();
  peek.watchPeek();
  return [dots.begin, peek.begin];
}

// What woke it came too early for the modules: they are told once they are here.
async function wake(event) {
  if (!event.target.closest?.(CARD)) return;
  if (event.type === "contextmenu") event.preventDefault();
  const tell = await (loading ??= load().catch(() => (loading = null))); // the line is down: the next touch asks again
  for (const begin of tell ?? []) begin(event);
}

export function watchOver() {
  for (const kind of WAKES) document.addEventListener(kind, wake, true);
}
