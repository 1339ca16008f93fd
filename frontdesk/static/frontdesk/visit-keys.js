// The letters that act on one visit, wherever the focus is: on its card, in the list, or in its panel.
import { idOf } from "./board.js";

const VERBS = { a: ["arrive"], s: ["start"], c: ["monitor", "complete"], x: ["no-show"] };
const UNFOLDED = ["e", "delete", "not-treated", "stop-early"];
const isTyping = (node) => node.closest?.("input:not([type=hidden]), textarea, select, [contenteditable], dialog[open]");
const areOff = () => document.body.dataset.keys === "off";
const cardOf = (node) => node.closest?.("#day [id^=visit-], [data-dots] [id^=visit-]");

function press(button) {
  if (!button || button.disabled) return false;
  window.htmx?.process(button.form ?? button);
  button.click();
  return true;
}

// The step as a button of the panel or the card, whatever its markup: a button with the verb, or a form with one.
function stepIn(place, verbs) {
  const found = verbs.map((verb) => place.querySelector(`[data-verb="${verb}"]`)).find(Boolean);
  return found?.matches("form") ? found.querySelector("button") : found;
}

function beside(path, card) {
  window.htmx.ajax("GET", `/sessions/${idOf(card)}/${path}`, { target: "#panel", swap: "innerHTML" });
  return true;
}

function record(card, verb, more) {
  const values = { version: card.dataset.version, csrfmiddlewaretoken: document.querySelector("[name=csrfmiddlewaretoken]")?.value, ...more.values };
  window.htmx.ajax("POST", `/sessions/${idOf(card)}/${verb}/`, { source: card, ...more, values });
  return true;
}

const missed = (card) => record(card, "no-show", { target: "#panel", swap: "innerHTML", values: { panel: "1" } });

// Who is here and has no button to start lacks something: the refusal shows what, and how it is there.
export const startAnyway = (card) => record(card, "start", { swap: "none" });

// What asks for a reason first: its form is unfolded, and the first field has the focus.
function unfold(panel, verb) {
  const summary = panel.querySelector(`[data-instead="${verb}"]`);
  if (!summary) return false;
  summary.parentElement.open = true;
  summary.parentElement.querySelector("select, input:not([type=hidden])").focus();
  return true;
}

function inPanel(panel, key) {
  if (VERBS[key]) return press(stepIn(panel, VERBS[key]));
  if (key === "m") return press(panel.querySelector('[data-key="m"]'));
  const field = key === "e" ? panel.querySelector("[data-note]") : null;
  if (field) field.focus();
  return Boolean(field) || unfold(panel, key === "delete" ? "cancel" : key);
}

function onCard(card, key) {
  if (key === "x" && card.dataset.version) return missed(card);
  if (key === "m") return beside("move/", card);
  if (!UNFOLDED.includes(key)) return false;
  // Other parts of the page settle meanwhile, too: the panel is the one to wait for.
  document.addEventListener("htmx:afterSettle", function once(event) {
    if (event.detail.target?.id !== "panel") return;
    document.removeEventListener("htmx:afterSettle", once);
    inPanel(document.querySelector("[data-panel]") ?? document.body, key);
  });
  return beside("", card);
}

// Does what a letter means for the visit around a place of the page, and tells whether it could.
export function pressOnVisit(target, letter) {
  const panel = target?.closest?.("[data-panel]");
  const card = panel ? null : cardOf(target ?? document.body);
  return panel ? inPanel(panel, letter) : Boolean(card && onCard(card, letter));
}

export function watchVisitKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target) || areOff()) return;
    const key = event.key.toLowerCase();
    if (!VERBS[key] && !["m", "e", "delete"].includes(key)) return;
    if (event.repeat || !pressOnVisit(event.target, key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}
