// What stands beside the board: it keeps the focus where the hand was, stays true, and gives the focus back.
import { cardOf, closePanel, unmark } from "./board.js";
import { focusHere } from "./focus.js";

const panel = () => document.querySelector("[data-panel]");
let shown = null;
let whose = "";
let wanted = "";
const pressed = new Set(); // buttons of the panel whose answer is still to come
let act = ""; // what the link that opens the panel is for: its button takes the focus

const hasWords = (node) => [...node.querySelectorAll("textarea, input:not([type=hidden]), select")].some((field) => isChanged(field));

function isChanged(field) {
  if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected && option.index > 0);
  return field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

// A new panel takes the focus once; one of the same visit puts it where the same button was.
function settle() {
  const now = panel();
  if (now === shown) return;
  shown = now;
  mark(now);
  if (!now) {
    whose = "";
    return;
  }
  const isFirst = now.dataset.panel !== whose;
  whose = now.dataset.panel;
  const deed = act && now.querySelector(`[data-${CSS.escape(act)}]`);
  act = "";
  if (!isFirst && !wanted && !deed && document.activeElement !== document.body && !now.contains(document.activeElement)) return;
  const again = wanted && now.querySelector(`[data-again-focus="${CSS.escape(wanted)}"]`);
  wanted = "";
  focusHere(deed || again || now.querySelector("[data-first]") || now);
}

function mark(now) {
  const shown = now && cardOf(now.dataset.panel);
  unmark();
  shown?.setAttribute(shown.matches("[data-stop]") ? "aria-current" : "aria-selected", "true");
}

// Somebody else changed the visit: show it as it is now, unless a sentence is half typed.
function follow() {
  const now = panel();
  const card = now && cardOf(now.dataset.panel);
  mark(now);
  if (pressed.size || !card?.dataset.version || !now.dataset.again || Number(card.dataset.version) <= Number(now.dataset.version) || hasWords(now)) return;
  const box = now.closest("#panel");
  window.htmx.ajax("GET", now.dataset.again, { source: box, target: box, swap: "innerHTML" });
}

function peek(by) {
  const cards = [...document.querySelectorAll(".ck-board .ck-visit, .ck-list .ck-item, [data-dots] [data-stop]")].filter((card) => card.offsetParent);
  const at = cards.indexOf(cardOf(panel()?.dataset.panel));
  const card = cards[at + by];
  (card?.querySelector("[data-open], .ck-item-name") ?? card)?.click();
}

function copy(field) {
  field.select();
  navigator.clipboard?.writeText(field.value).then(() => {
    const said = field.parentElement.querySelector("[data-copied]");
    if (said) said.textContent = "Copied.";
  }, () => {});
}

// News of the panel that comes before a button's answer would take the button away, and the answer with it.
function press(event) {
  const { elt, requestConfig } = event.detail;
  if (requestConfig?.verb !== "post" || !elt.closest("[data-panel]")) return;
  pressed.add(elt);
  window.htmx.trigger(elt.closest("#panel"), "htmx:abort");
}

export function watchPanel() {
  document.addEventListener("htmx:beforeSend", press);
  document.addEventListener("htmx:afterRequest", (event) => pressed.delete(event.detail.elt));
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!panel()) whose = ""; // closed meanwhile: the next one is new, of the same visit, too
    if (event.target.closest?.("[data-panel]")) wanted = event.target.dataset.againFocus || event.target.querySelector?.("[data-again-focus]")?.dataset.againFocus || "";
  });
  document.addEventListener("htmx:afterSettle", () => {
    settle();
    follow();
    const field = document.querySelector("[data-copy]:not([data-done])");
    if (field) {
      field.dataset.done = "yes";
      copy(field);
    }
  });
  document.addEventListener("click", (event) => {
    const by = event.target.closest("[data-peek]")?.dataset.peek;
    if (by) peek(Number(by));
    act = event.target.closest("[data-act]")?.dataset.act ?? act;
    if (event.target.closest("[data-again-for]")) window.htmx.trigger(event.target.closest("[data-again-for]").dataset.againFor, "again");
  });
}

export { closePanel, panel };
