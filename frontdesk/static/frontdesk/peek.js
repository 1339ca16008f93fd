// A glance at a visit: its card pointed at, or focused by a key, for 400 ms. Esc or leaving it takes it away; it stays
// while it is pointed at, and is never there beside the panel of the same visit.
import { idOf } from "./board.js";
import { box, cardOf, part, putBeside } from "./floating.js";

const WAIT = 400;
const GRACE = 200; // from the card to the glance
const IN_THE_WAY = "dialog[open], .ck-ghost, #card-menu:not([hidden]), #clash > *, details.ck-sure[open]";
let whose = ""; // id of the card it is about, or will be
let isByKey = false;
let quiet = ""; // it was sent away: not again before something else was in hand
let timer = 0;
let leaving = 0;
let asked = null;
let last = [-1, -1];

const glance = () => box("peek");
const isShown = () => !glance().hidden;

function hide() {
  clearTimeout(timer);
  clearTimeout(leaving);
  asked?.abort();
  document.getElementById(whose)?.removeAttribute("aria-describedby");
  whose = "";
  if (!isShown()) return false;
  glance().hidden = true;
  glance().replaceChildren();
  return true;
}

const isWelcome = (card) => Boolean(card) && !document.querySelector(`[data-panel="${card.id}"]`) && !document.querySelector(IN_THE_WAY);

async function show() {
  const armed = document.getElementById(whose);
  if (!isWelcome(armed)) {
    hide();
    return;
  }
  asked = new AbortController();
  const { signal } = asked;
  const html = await part(`/sessions/${idOf(armed)}/peek/`, signal);
  const card = document.getElementById(whose);
  if (signal.aborted) return;
  if (!html || !isWelcome(card)) {
    hide();
    return;
  }
  glance().className = "ck-peek";
  glance().innerHTML = html;
  glance().hidden = false;
  card.setAttribute("aria-describedby", "peek-says");
  putBeside(glance(), card);
}

function arm(card, byKey) {
  clearTimeout(leaving);
  if (card.id === whose || card.id === quiet) return;
  hide();
  quiet = "";
  whose = card.id;
  isByKey = byKey;
  timer = setTimeout(show, WAIT);
}

function pointed(event) {
  const isStill = event.clientX === last[0] && event.clientY === last[1]; // the page moved, not the hand
  last = [event.clientX, event.clientY];
  if (isStill || event.pointerType === "touch" || event.buttons) return;
  const card = cardOf(event.target);
  const isOwn = glance().contains(event.target) || event.target.closest("#card-dots");
  if (card) arm(card, false);
  else if (isOwn) clearTimeout(leaving);
  else if (whose) leave();
  else quiet = "";
}

function leave() {
  clearTimeout(leaving);
  leaving = setTimeout(hide, isShown() ? GRACE : 0);
}

function focused() {
  const card = cardOf(document.activeElement);
  if (card && card === document.activeElement && card.matches(":focus-visible")) arm(card, true);
  else if (isByKey) hide();
}

function sendAway() {
  const was = whose;
  const wasShown = hide();
  quiet = was || quiet;
  return wasShown;
}

export function begin(event) {
  if (event.type === "pointerover") pointed(event);
  else if (event.type === "focusin") focused();
}

export function watchPeek() {
  document.addEventListener("pointerover", pointed);
  document.addEventListener("focusin", focused);
  document.addEventListener("escape", (event) => sendAway() && event.preventDefault());
  document.addEventListener("pointerdown", (event) => !glance().contains(event.target) && sendAway(), true);
  document.addEventListener("scroll", (event) => !glance().contains(event.target) && isShown() && hide(), true);
  // A deed begins, or the panel comes: what it said is old, or is in the way.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { requestConfig, target } = event.detail;
    if (requestConfig?.verb === "post" || target?.id === "panel") sendAway();
  });
  document.addEventListener("day:patched", (event) => event.detail.some((node) => node.id === whose) && sendAway());
}
