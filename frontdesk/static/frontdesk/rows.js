// Lists one walks through by keys: `[data-rows]` holds `[data-row]`; J, K and arrows move, Enter opens, digits take.

const within = (list) => [...list.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);

// The list in hand: around the focus, or the first of the page.
const listInHand = () => document.activeElement?.closest("[data-rows]") ?? document.querySelector("main [data-rows]");

export const rowInHand = () => document.activeElement?.closest("[data-row]") ?? null;

function go(row) {
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  return true;
}

export function stepRow(by) {
  const list = listInHand();
  const rows = list ? within(list) : [];
  if (!rows.length) return false;
  const index = rows.indexOf(rowInHand());
  return go(rows[index < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, index + by))]);
}

export function endRow(last) {
  const rows = listInHand() ? within(listInHand()) : [];
  return rows.length > 0 && go(rows.at(last ? -1 : 0));
}

// A digit or letter inside the row, before the page gets it. Letters of a hidden menu do not count.
export function inRow(key) {
  const row = rowInHand();
  const name = /^[1-9]$/.test(key) ? "n" : "key";
  const found = row?.querySelector(`[data-${name}="${CSS.escape(key)}"]`);
  return found && !found.disabled ? found : null;
}

// Enter on the row itself; on a button inside it the button is meant.
export const opener = (target) => (target.matches?.("[data-row]") ? target.querySelector("[data-open]") : null);
