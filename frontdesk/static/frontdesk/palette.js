// Ctrl+K: any deed by name. What is on the page is found at once, people are asked from the server; Escape goes back.
import { openHelp } from "./keys.js";
import { ask } from "./palette-people.js";
import { collect, draw, matching } from "./palette-rows.js";
import { cardInHand } from "./press.js";

const part = (name) => document.getElementById(`palette${name}`);
const options = () => [...part("-list").querySelectorAll("[role=option]")];
let rows = [];
let before = null;
let pending = false;

function choose(node) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === node));
  if (node) part("-q").setAttribute("aria-activedescendant", node.id);
  else part("-q").removeAttribute("aria-activedescendant");
  node?.scrollIntoView({ block: "nearest" });
}

const chosen = () => options().find((node) => node.getAttribute("aria-selected") === "true");

function settle(isAsking) {
  const all = options();
  if (!chosen()) choose(all[0]);
  part("-none").hidden = all.length > 0 || isAsking;
  if (!all.length && !isAsking) part("-note").textContent = `Nothing called "${part("-q").value.trim()}".`;
  if (pending && !isAsking && all.length) run(chosen());
}

function look() {
  pending = false;
  const text = part("-q").value;
  const groups = matching(rows, text);
  const found = part("-found");
  draw(part("-here"), groups);
  // Right below what is in hand: who was looked at lately, or who is looked for.
  if (groups[0]?.[0] === "Do") part("-here").firstElementChild.after(found);
  else part("-here").prepend(found);
  choose(null);
  const isAsking = ask(part("-form"), found, part("-note"), () => settle(false));
  settle(isAsking);
}

// Focus goes back before anything is done: a deed is done to the visit that was in hand.
function back() {
  const same = before.node.isConnected ? before.node : document.getElementById(before.id);
  same?.focus({ preventScroll: true });
}

function run(node) {
  pending = false;
  if (!node) return;
  part("").close();
  if (node.row?.run) node.row.run();
  else location.assign(node.href);
}

function openPalette() {
  const node = document.activeElement ?? document.body;
  before = { node, id: node.closest("[id]")?.id ?? "" };
  rows = collect(cardInHand());
  part("-q").value = "";
  part("").showModal();
  look();
}

function keydown(event) {
  const all = options();
  const at = all.indexOf(chosen());
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, PageDown: all.length - 1, PageUp: 0 }[event.key];
  if (to !== undefined && all.length) choose(all[to % all.length]);
  else if (event.key !== "Enter" || event.isComposing) return;
  else if (chosen()) run(chosen());
  else pending = true;
  event.preventDefault();
}

export function watchPalette() {
  const dialog = part("");
  if (!dialog) return;
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-palette]")) dialog.open ? dialog.close() : openPalette();
  });
  dialog.addEventListener("close", back);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
    if (event.target.closest("[data-palette-help]")) dialog.close(), openHelp();
    const node = event.target.closest("[role=option]");
    if (!node || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    run(node);
  });
  part("-q").addEventListener("input", look);
  part("-form").addEventListener("keydown", keydown);
  part("-form").addEventListener("submit", (event) => event.preventDefault());
}
