// Moving a visit by hand: loaded when somebody first points at one, takes one up, or asks for the board from its panel.

const VISIT = ".ck-board .ck-visit";
const WAKES = { pointerover: VISIT, pointerdown: VISIT, click: "[data-see-board]" };
let loading = null;
let grip = null; // a visit taken up before the modules were here, and where it has been carried since

async function load() {
  const [{ watchDrops }, drag] = await Promise.all([import("./drop.js"), import("./drag.js")]);
  watchDrops();
  drag.watchDrag();
  for (const kind of Object.keys(WAKES)) document.removeEventListener(kind, wake);
  document.removeEventListener("pointermove", carry);
  return drag;
}

function carry(event) {
  if (grip) grip.at = event;
}

// What woke it came too early for the modules: they are told once they are here.
async function wake(event) {
  if (!event.target.closest?.(WAKES[event.type])) return;
  if (event.type === "pointerdown") grip = { from: event };
  const drag = await (loading ??= load().catch(() => (loading = null))); // the line is down: the next touch asks again
  if (!drag) return;
  if (event.type === "click") event.target.click();
  if (grip?.from !== event) return;
  drag.begin(grip.from);
  if (grip.at) drag.move(grip.at);
}

export function watchHands() {
  for (const kind of Object.keys(WAKES)) document.addEventListener(kind, wake);
  document.addEventListener("pointermove", carry);
  // The browser's own way of dragging a link would take the pointer away.
  document.addEventListener("dragstart", (event) => event.target.closest?.(".ck-visit") && event.preventDefault());
  for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, () => (grip = null));
}
