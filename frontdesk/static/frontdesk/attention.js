// The queue keeps the hand: a row that closed itself gives the focus to the one that took its place.

const rows = () => [...document.querySelectorAll("#queue [data-row]")];

let held = null;

function remember() {
  const row = document.activeElement?.closest("#queue [data-row]");
  held = row ? { id: document.activeElement.id || row.id, row: row.id, at: rows().indexOf(row) } : null;
}

function giveBack() {
  if (!held || document.activeElement?.closest("#queue")) return;
  const all = rows();
  const target = document.getElementById(held.id) ?? document.getElementById(held.row) ?? all[Math.min(held.at, all.length - 1)];
  target?.focus({ preventScroll: true });
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id === "queue") remember();
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "queue") giveBack();
});
// A menu that opens has the focus on its first button, Escape closes it and goes back to the row.
document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target.closest?.(".ck-pick");
    if (menu?.open) menu.querySelector(".ck-pick-box :is(a, button)")?.focus();
  },
  true,
);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.(".ck-pick[open]");
  if (menu) menu.open = false;
  event.target.closest?.("#queue [data-row]")?.focus();
});
