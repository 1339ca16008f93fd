// What floats beside a card: fetched, and put where it is inside the window and covers neither the card nor the panel.
import { CARD } from "./board.js";

export const cardOf = (node) => node?.closest?.(CARD) ?? null;

export function box(id, hidden = true) {
  return document.getElementById(id) ?? Object.assign(document.body.appendChild(document.createElement("div")), { id, hidden });
}

// Somebody who was signed out or locked out meanwhile is led there.
export async function part(path, signal) {
  const answer = await fetch(path, { headers: { "HX-Request": "true" }, signal }).catch(() => null);
  const elsewhere = answer?.headers.get("HX-Redirect");
  if (elsewhere) location.assign(elsewhere);
  return answer?.status === 200 ? answer.text() : "";
}

export function putAt(node, left, top) {
  node.style.left = `${Math.max(8, Math.min(left, innerWidth - node.offsetWidth - 8))}px`;
  node.style.top = `${Math.max(8, Math.min(top, innerHeight - node.offsetHeight - 8))}px`;
}

export function putBeside(node, card) {
  const here = card.getBoundingClientRect();
  const edge = document.querySelector("[data-panel]")?.getBoundingClientRect().left || innerWidth;
  if (here.right + 8 + node.offsetWidth <= edge) return putAt(node, here.right + 8, here.top);
  if (here.left - 8 - node.offsetWidth >= 0) return putAt(node, here.left - 8 - node.offsetWidth, here.top);
  const isBelow = here.bottom + 4 + node.offsetHeight <= innerHeight;
  return putAt(node, here.left, isBelow ? here.bottom + 4 : here.top - 4 - node.offsetHeight);
}
