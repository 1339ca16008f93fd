// A visit put down: moved if it may be there; else its ghost stays, with the reason and what is near. Esc puts it back.
import { box, putAt } from "./floating.js";
import { Ghost } from "./ghost.js";

let ghost = null;
const dropBox = () => box("drop", false);

export const held = () => ghost;

export function lift(card) {
  putBack();
  ghost = new Ghost(card);
  return ghost;
}

export function putBack() {
  dropBox().replaceChildren();
  ghost?.remove();
  const card = ghost && (document.getElementById(ghost.card.id) ?? ghost.card);
  ghost = null;
  card?.focus({ preventScroll: true });
}

export async function drop() {
  await ghost.ready;
  if (!ghost || ghost.isHome || !ghost.places) return putBack();
  const values = {
    day: document.getElementById("day").dataset.date,
    minute: ghost.minute,
    resource: ghost.resource,
    version: ghost.card.dataset.version,
    key: crypto.randomUUID?.() ?? String(Math.random()),
    csrfmiddlewaretoken: document.querySelector("[name=csrfmiddlewaretoken]")?.value,
  };
  return window.htmx.ajax("POST", `/sessions/${ghost.id}/place/`, { source: dropBox(), target: "#drop", swap: "innerHTML", values });
}

// The answer stands at the ghost, inside the window.
function place() {
  const said = dropBox().querySelector("[data-beside]");
  if (!said) return;
  const at = ghost?.node.getBoundingClientRect();
  if (!at) return;
  putAt(said, at.right + 8, at.top);
}

function onKey(event) {
  if (!ghost) return;
  if (event.key === "Escape") putBack();
  else if (dropBox().childElementCount || event.target.closest("[data-panel], input, textarea, select")) return;
  else if (event.key === "Enter") drop();
  else if (event.key === "ArrowUp") ghost.to(ghost.row - 1, ghost.column);
  else if (event.key === "ArrowDown") ghost.to(ghost.row + 1, ghost.column);
  else if (event.key === "ArrowLeft") ghost.to(ghost.row, ghost.column - 1);
  else if (event.key === "ArrowRight") ghost.to(ghost.row, ghost.column + 1);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
  ghost?.node.scrollIntoView({ block: "nearest", inline: "nearest" });
}

export function watchDrops() {
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("htmx:afterSettle", place);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.target?.id === "drop" && event.detail.successful) putBack();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-back-drop]")) putBack();
    const seen = event.target.closest("[data-see-board]");
    const card = seen && document.getElementById(`visit-${seen.dataset.seeBoard}`);
    if (!card?.closest(".ck-board:not(.by-staff)")) return;
    document.querySelector("[data-close-panel]")?.click();
    lift(card);
    card.focus();
  });
}
