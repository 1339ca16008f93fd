// A table as one tab stop: arrows go from one `[data-stop]` to the next, up and down to the nearest of the next row.

const stops = (root) => [...root.querySelectorAll("[data-stop]")];

function only(grid, wanted) {
  const all = stops(grid);
  const here = all.includes(wanted) ? wanted : all.find((stop) => stop.tabIndex === 0 && stop.hasAttribute("tabindex")) ?? all[0];
  for (const stop of all) stop.tabIndex = stop === here ? 0 : -1;
}

function nearest(from, row, by) {
  for (let next = row; next; next = by > 0 ? next.nextElementSibling : next.previousElementSibling) {
    const middle = (node) => node.getBoundingClientRect().left;
    const found = stops(next).sort((a, b) => Math.abs(middle(a) - middle(from)) - Math.abs(middle(b) - middle(from)))[0];
    if (found) return found;
  }
  return null;
}

function next(from, key) {
  const row = from.closest("tr");
  const mine = stops(row);
  if (key === "ArrowRight") return mine[mine.indexOf(from) + 1];
  if (key === "ArrowLeft") return mine[mine.indexOf(from) - 1];
  if (key === "ArrowDown") return nearest(from, row.nextElementSibling, 1);
  if (key === "ArrowUp") return nearest(from, row.previousElementSibling, -1);
  if (key === "Home") return mine[0];
  return key === "End" ? mine.at(-1) : null;
}

export function watchGrids() {
  const settle = () => document.querySelectorAll("[data-grid]").forEach((grid) => only(grid, document.activeElement));
  settle();
  document.addEventListener("htmx:afterSettle", settle);
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-grid] [data-stop]")) only(event.target.closest("[data-grid]"), event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("[data-grid] [data-stop]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = next(event.target, event.key);
    if (!target) return;
    event.preventDefault();
    target.focus();
  });
}
