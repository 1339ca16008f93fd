// From a key to the thing on the page it means: what is in hand first, then what is open, then the page, then the rail.
import { inRow } from "./rows.js";

export const VERBS = { a: ["arrive"], s: ["start"], c: ["complete", "monitor"], x: ["no-show"] };

const byKey = (root, key) =>
  [...(root?.querySelectorAll(`[data-key~="${CSS.escape(key)}" i], [data-n="${CSS.escape(key)}"]`) ?? [])].find(usable);
const usable = (node) => !node.disabled && !node.closest("[inert]");

export const cardInHand = () => document.activeElement?.closest("[data-row], .ck-visit, .ck-item") ?? null;
export const panel = () => document.querySelector("[data-panel]");

// The button of a step, however the part that shows it is made.
export function stepButton(root, key) {
  for (const verb of VERBS[key] ?? []) {
    const node = root?.querySelector(`[data-verb="${verb}"], form[action$="/${verb}/"], [formaction$="/${verb}/"]`);
    const button = node?.matches("form") ? node.querySelector("button, [type=submit]") : node;
    if (button && usable(button)) return button;
  }
  return null;
}

export function find(key) {
  const card = cardInHand();
  return (
    inRow(key) ??
    stepButton(card, key) ??
    byKey(card, key) ??
    stepButton(card ? null : panel(), key) ??
    byKey(panel(), key) ??
    byKey(document.querySelector("main"), key) ??
    byKey(document, key)
  );
}

// A key may come before htmx has looked at a part it has just put in: then the form would leave as a whole page.
export function push(node) {
  const around = node.matches("summary") ? node.parentElement.parentElement : node;
  for (let outer = around.closest("details:not([open])"); outer; outer = outer.parentElement.closest("details:not([open])"))
    if (outer.closest("main, #panel")) outer.open = true;
    else break;
  if (node.matches("input:not([type=submit]):not([type=button]), select, textarea")) return node.focus();
  window.htmx?.process(node.closest("form") ?? node);
  node.click();
}
