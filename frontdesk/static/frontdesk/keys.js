// Single keys, as on the help sheet. They rest while somebody types or a dialog is open, and can be switched off.
import { open, step } from "./board.js";

const VERBS = { a: "arrive", s: "start", c: "complete", x: "no-show" };
const STORE = "single-keys";

const isTyping = (node) => node.closest?.("input, textarea, select, [contenteditable], dialog[open]");
const areOn = () => localStorage.getItem(STORE) !== "off";

// A key may come before htmx has looked at a part it has just put in: then the form would leave as a whole page.
function ready(form) {
  if (form) window.htmx?.process(form);
}

function press(key) {
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  if (target.matches("input")) target.focus();
  else {
    ready(target.closest("form"));
    target.click();
  }
  return true;
}

function act(key) {
  const card = document.activeElement?.closest(".ck-visit");
  const form = card?.querySelector(`form[data-verb="${VERBS[key]}"]`);
  ready(form);
  if (form) form.requestSubmit();
  else if (card && key === "x") open(card);
  return Boolean(form);
}

function openHelp() {
  document.getElementById("help")?.showModal();
}

function single(key) {
  if (key === "?") return openHelp();
  if (key === "j") return step(1);
  if (key === "k") return step(-1);
  return VERBS[key] ? act(key) : press(key);
}

export function watchKeys() {
  const box = document.querySelector("[data-single-keys]");
  if (box) {
    box.checked = areOn();
    box.addEventListener("change", () => localStorage.setItem(STORE, box.checked ? "on" : "off"));
  }
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") press("ctrl+enter");
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !areOn()) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : "";
    if (key && (VERBS[key] || "?jk".includes(key) || document.querySelector(`[data-key="${CSS.escape(key)}"]`))) {
      event.preventDefault();
      single(key);
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-help]")) openHelp();
  });
}
