// A visit dragged to another day of its own row; keys do the same by M. What stands in the way is said where it was dropped.
import { idOf } from "./board.js";
import { box, putAt } from "./floating.js";
import { watchGrids } from "./grid.js";

let held = null;
let over = null;

const dropBox = () => box("drop", false);
const cellOf = (event) => event.target.closest?.("td[data-day]");
const mayDrop = (cell) => Boolean(held && cell && cell.parentElement === held.closest("tr") && !cell.contains(held));

function mark(cell) {
  over?.classList.remove("is-over");
  over = cell;
  over?.classList.add("is-over");
}

function drop(cell) {
  const { minute, resource, version } = held.dataset;
  const values = { day: cell.dataset.day, minute, resource, version, key: crypto.randomUUID?.() ?? String(Math.random()) };
  values.csrfmiddlewaretoken = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const at = cell.getBoundingClientRect();
  document.addEventListener("htmx:afterSettle", () => beside(at), { once: true });
  window.htmx.ajax("POST", `/sessions/${idOf(held)}/place/`, { source: dropBox(), target: "#drop", swap: "innerHTML", values });
}

function beside(at) {
  const said = dropBox().querySelector("[data-beside]");
  if (!said) return;
  putAt(said, at.left, at.bottom + 4);
  (said.querySelector("[data-first]") ?? said.querySelector("button"))?.focus();
}

function putBack(event) {
  if (event.key !== "Escape" || !dropBox().childElementCount) return;
  const dot = document.getElementById(dropBox().querySelector("[data-beside]")?.dataset.beside ?? "");
  dropBox().replaceChildren();
  dot?.focus();
}

watchGrids();
document.addEventListener("dragstart", (event) => {
  held = event.target.closest?.('[data-may-move] [data-stop][draggable="true"]') ?? null;
  if (held) event.dataTransfer.setData("text/plain", "");
});
document.addEventListener("dragover", (event) => {
  const cell = cellOf(event);
  if (mayDrop(cell)) event.preventDefault();
  mark(mayDrop(cell) ? cell : null);
});
document.addEventListener("drop", (event) => {
  if (!mayDrop(cellOf(event))) return;
  event.preventDefault();
  drop(cellOf(event));
});
document.addEventListener("dragend", () => {
  mark(null);
  held = null;
});
document.addEventListener("keydown", putBack);
