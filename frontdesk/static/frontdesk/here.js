// A refusal lands where the hand is: beside the form that names a place in data-here, at the card, else where toasts stand.
import { place } from "./clash.js";

const isLive = () => Boolean(document.querySelector("[data-live-part], #day"));
const isDeed = (config) => Boolean(config) && config.verb !== "get";
let lastTried;

function hereOf(elt) {
  const named = elt.closest?.("[data-here]")?.dataset.here;
  if (named && document.querySelector(named)) return named;
  return elt.closest?.(".ck-visit, .ck-item") && document.getElementById("clash") ? "#clash" : "";
}

function tell(event) {
  const { elt, headers } = event.detail;
  const here = hereOf(elt);
  if (here) headers["X-Here"] = here;
  headers["X-Swap"] = elt.closest("[hx-swap]")?.getAttribute("hx-swap").split(" ")[0] ?? "innerHTML";
  if (isLive()) headers["X-Live"] = "1";
  if (isDeed(event.detail)) place(elt);
}

function clear(box) {
  (box?.closest("[data-toast]") ?? box)?.remove();
}

// Only what the server never began can be called unsaved.
function unsaved(event, word) {
  const { elt, requestConfig } = event.detail;
  const template = document.getElementById("unsaved");
  if (!isDeed(requestConfig) || !template) return;
  const box = template.content.firstElementChild.cloneNode(true);
  for (const words of box.querySelectorAll("[data-words]")) words.hidden = words.dataset.words !== word;
  lastTried = elt;
  document.querySelector(hereOf(elt) || "#toast").replaceChildren(box);
  place(elt);
  box.querySelector("[data-again]").focus();
}

// News may have drawn the card anew meanwhile: then its button of the same step is meant.
function again() {
  const card = document.getElementById(lastTried?.closest("[id^=visit-]")?.id);
  const node = lastTried?.isConnected ? lastTried : card?.querySelector(`[data-verb="${lastTried.dataset.verb}"]`);
  if (node?.matches("form")) node.requestSubmit();
  else node?.click();
}

// Keeping what is there now needs no request: the box goes, the news comes, the hand is where it was.
function keep(event, button) {
  if (!isLive() && button.href) return;
  event.preventDefault();
  clear(button.closest("[data-clash]"));
  place.back();
  document.body.dispatchEvent(new CustomEvent("changed"));
  if (document.getElementById("day")) window.htmx?.trigger("#day", "look");
}

function click(event) {
  const kept = event.target.closest("[data-clash] [data-keep]");
  if (kept) keep(event, kept);
  if (!event.target.closest("[data-again]")) return;
  clear(event.target.closest("[data-clash]"));
  again();
}

export function watchRefusals() {
  document.addEventListener("htmx:configRequest", tell);
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500 && event.detail.xhr.status !== 503) unsaved(event, "broken");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, (event) => unsaved(event, "silent"));
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, requestConfig, successful } = event.detail;
    if (!successful || !isDeed(requestConfig)) return;
    if (event.detail.target?.id !== "clash") {
      clear(elt.closest("[data-clash]"));
      document.getElementById("clash")?.replaceChildren();
    }
    if (elt.id === "undo" && document.getElementById("day")) window.htmx.trigger("#day", "look");
  });
  // As soon as it stands there: a key pressed at once is meant for it.
  document.addEventListener("htmx:afterSwap", (event) => {
    const box = event.detail.target?.querySelector?.(":scope > [data-clash]");
    if (!box) return;
    place.now();
    box.querySelector("input:not([type=hidden]), a, button")?.focus();
  });
  document.addEventListener("click", click);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") event.target.closest?.("[data-clash]")?.querySelector("[data-keep]")?.click();
  });
}
