// A dot of the planner dragged to another day: the same as another time by its row. Where it may not be, the reason stands there.
import { box, putAt } from "./floating.js";

let held = null;
let over = null;
let at = null;

const dropBox = () => box("drop", false);
const dayOf = (event) => event.target.closest?.(".ck-strips [data-day]");

function mark(cell) {
  over?.classList.remove("is-over");
  over = cell;
  over?.classList.add("is-over");
}

function drop(cell) {
  at = cell.getBoundingClientRect();
  const url = document.querySelector("[data-take]").dataset.take;
  const values = { take: `${held.dataset.dot}.day.${cell.dataset.day}` };
  window.htmx.ajax("POST", url, { source: document.getElementById("plan"), target: "#plan-rows", swap: "outerHTML", values });
}

function beside() {
  const said = dropBox().querySelector("[data-beside]:not([data-placed])");
  if (!said || !at) return;
  said.dataset.placed = "yes";
  putAt(said, at.left, at.bottom + 6);
  (said.querySelector("[data-first]") ?? said.querySelector("button")).focus();
}

function leave() {
  const had = Boolean(dropBox().childElementCount);
  dropBox().replaceChildren();
  if (had) document.getElementById("rows-title")?.focus({ preventScroll: true });
  return had;
}

export function grab(event) {
  const dot = event.target.closest?.("[data-dot]");
  if (dot) dot.draggable = true;
}

export function watchDots() {
  document.addEventListener("dragstart", (event) => {
    held = event.target.closest?.("[data-dot]") ?? null;
    if (!held) return;
    leave();
    event.dataTransfer.setData("text/plain", "");
  });
  document.addEventListener("dragover", (event) => {
    const cell = held && dayOf(event);
    if (cell && cell !== held) event.preventDefault();
    mark(cell && cell !== held ? cell : null);
  });
  document.addEventListener("drop", (event) => {
    const cell = held && dayOf(event);
    if (!cell || cell === held) return;
    event.preventDefault();
    drop(cell);
  });
  document.addEventListener("dragend", () => {
    mark(null);
    held = null;
  });
  document.addEventListener("htmx:afterSettle", beside);
  document.addEventListener("htmx:afterRequest", (event) => event.detail.successful && event.detail.target?.id === "plan-rows" && leave());
  document.addEventListener("click", (event) => event.target.closest("[data-leave]") && leave());
  document.addEventListener("keydown", (event) => event.key === "Escape" && leave() && event.preventDefault());
}
