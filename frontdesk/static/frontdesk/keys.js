// Keys, as on the help sheet. Single ones rest while somebody types or a dialog is open, and can be switched off.
import { cardOf, open, step } from "./board.js";
import { VERBS, cardInHand, find, panel, push } from "./press.js";
import { endRow, opener, stepRow } from "./rows.js";
import { say } from "./say.js";
import { pressOnVisit, startAnyway } from "./visit-keys.js";

const ON_VISIT = ["m", "delete", "e", "x"];
const CHORDS_WHILE_TYPING = ["ctrl+enter", "ctrl+k", "ctrl+shift+l"];
const BUSY = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], [role=menu], [role=combobox]";

const ON_ITS_WAY = ":is(.ck-visit, .ck-item)[aria-busy=true]";
const LONGEST = 200; // looks, of 50 ms each
let waiting = null;

const isTyping = (node) => node.isContentEditable || node.closest?.(BUSY) || document.querySelector("dialog[open]");
const areOn = () => document.body.dataset.keys !== "off";

function nameOf(event) {
  const key = event.key.toLowerCase();
  const held = [(event.ctrlKey || event.metaKey) && "ctrl", event.shiftKey && key.length > 1 && "shift"];
  if (event.ctrlKey && event.shiftKey && key.length === 1) held.push("shift");
  return [...held.filter(Boolean), key].join("+");
}

export function openHelp() {
  document.getElementById("help")?.showModal();
  return true;
}

// J and K go on beside an open visit too: the next one takes its place.
function walk(by) {
  const shown = panel();
  const beside = shown?.contains(document.activeElement) && cardOf(shown.dataset.panel);
  if (beside) beside.focus();
  const card = document.activeElement?.closest(".ck-board .ck-visit");
  if (!document.querySelector(".ck-board .ck-visit") || (cardInHand() && !card)) return stepRow(by);
  step(by);
  if (beside) open(document.activeElement);
  return true;
}

const WALK = { j: () => walk(1), k: () => walk(-1), "?": openHelp };
const ROWS = { arrowdown: () => stepRow(1), arrowup: () => stepRow(-1), home: () => endRow(false), end: () => endRow(true) };

// What is pressed while a step is on its way is about what will stand there then: it waits for the answer.
function later(key) {
  const isFirst = !waiting;
  waiting = key;
  const look = (left) => {
    if (left && document.querySelector(ON_ITS_WAY)) return setTimeout(look, 50, left - 1);
    const next = waiting;
    waiting = null;
    return pressKey(next);
  };
  if (isFirst) setTimeout(look, 50, LONGEST);
  return true;
}

export function pressKey(key) {
  if (WALK[key]) return WALK[key]();
  if ((VERBS[key] || key === "u") && document.querySelector(ON_ITS_WAY)) return later(key);
  const found = find(key);
  if (found) push(found);
  else if (ON_VISIT.includes(key) && pressOnVisit(document.activeElement, key)) return true;
  else if (key === "s" && cardInHand()?.matches("#day [data-state=here]")) return startAnyway(cardInHand());
  else if (VERBS[key] && (cardInHand() || panel())) return say(whyNot(key));
  return Boolean(found);
}

function whyNot(key) {
  const lacks = cardInHand()?.querySelector(".ck-lacks")?.textContent.trim();
  const words = { a: "Arrive", s: "Start", c: "Complete", x: "No-show" }[key];
  return lacks ? `${words} isn't possible now: ${lacks}.` : `${words} isn't the next step of this visit.`;
}

function act(event) {
  const key = nameOf(event);
  if (key.includes("+") && key !== "+") {
    if (key === "ctrl+z") return !isTyping(event.target) && pressKey("u");
    const found = isTyping(event.target) && !CHORDS_WHILE_TYPING.includes(key) ? null : find(key);
    if (found) push(found);
    return Boolean(found);
  }
  if (event.altKey || isTyping(event.target)) return false;
  const link = key === "enter" && opener(event.target);
  if (link) push(link);
  else if (event.target.matches("[data-row]") && ROWS[key]) return ROWS[key]();
  return Boolean(link) || ((key.length === 1 || key === "delete") && areOn() && pressKey(key));
}

export function watchKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.getModifierState("AltGraph")) return;
    if (event.repeat && !"jk".includes(event.key.toLowerCase()) && !event.key.startsWith("Arrow")) return;
    if (act(event)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-help]")) openHelp();
  });
}
