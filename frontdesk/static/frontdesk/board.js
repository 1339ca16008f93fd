// The board as one tab stop: arrows inside, Enter opens a visit beside it, Esc comes back to the same card.

export const CARD = "#day :is(.ck-visit, .ck-item)"; // on the board or in the list
const cards = () => [...document.querySelectorAll(".ck-board .ck-visit")];

function inHand(card) {
  if (card && card.tabIndex !== 0) for (const other of cards()) other.tabIndex = other === card ? 0 : -1;
}

export function focusCard(card, preventScroll = false) {
  inHand(card);
  card?.focus({ preventScroll });
}

// The inner buttons stay reachable by mouse and by their letters; Tab leaves the board.
function calm() {
  for (const inner of document.querySelectorAll(".ck-board .ck-visit :is(a, button)")) inner.tabIndex = -1;
}

function beside(card, right) {
  const here = card.getBoundingClientRect();
  const others = cards().filter((other) => {
    const box = other.getBoundingClientRect();
    return right ? box.left > here.right - 4 : box.right < here.left + 4;
  });
  const distance = (other) => {
    const box = other.getBoundingClientRect();
    return Math.abs(box.left - here.left) * 4 + Math.abs(box.top - here.top);
  };
  return others.sort((a, b) => distance(a) - distance(b))[0];
}

function along(card, step) {
  const lane = [...card.parentElement.querySelectorAll(".ck-visit")];
  return lane[lane.indexOf(card) + step];
}

export const idOf = (card) => Number.parseInt(card.id.slice("visit-".length), 10);

// One visit may have a card with each of its people: the one in hand is meant, else the first.
export function cardOf(id) {
  const all = [...document.querySelectorAll(`[id="${id}"], [id^="${id}-"]`)];
  return all.find((card) => card.tabIndex === 0) ?? all.find((card) => card.ariaSelected === "true") ?? all[0];
}

// A card may be opened before htmx has looked at it: then the link would leave the page.
export function open(card) {
  const link = card.querySelector("[data-open]");
  window.htmx?.process(link);
  link.click();
}

function moveFocus(event, card) {
  const target = {
    ArrowDown: () => along(card, 1),
    ArrowUp: () => along(card, -1),
    ArrowRight: () => beside(card, true),
    ArrowLeft: () => beside(card, false),
  }[event.key]?.();
  if (target) {
    event.preventDefault();
    focusCard(target);
  }
}

// No card is the chosen one any more; a dot of the week is a link, and links have no other word for it.
export function unmark() {
  for (const card of document.querySelectorAll(".ck-visit[aria-selected]")) card.removeAttribute("aria-selected");
  for (const dot of document.querySelectorAll("[data-stop][aria-current]")) dot.removeAttribute("aria-current");
}

export function closePanel() {
  const panel = document.querySelector("[data-panel]");
  if (!panel) return false;
  const card = cardOf(panel.dataset.panel);
  unmark();
  panel.remove();
  focusCard(card);
  return true;
}

export function step(by) {
  const all = cards();
  const index = all.indexOf(document.activeElement);
  focusCard(all[index < 0 ? 0 : Math.max(0, Math.min(all.length - 1, index + by))]);
}

// One card is the way in; the others are reached by arrows.
function oneStop() {
  const all = cards();
  if (all.length && !all.some((card) => card.tabIndex === 0)) all[0].tabIndex = 0;
  calm();
}

// A name two people share is read out before somebody is let in; while that question stands, A and S answer it.
function asked(event) {
  const sure = event.target;
  if (!sure.matches?.("details.ck-sure")) return;
  const button = sure.querySelector("button[data-verb]");
  const summary = sure.querySelector("summary");
  if (sure.open) {
    summary.removeAttribute("data-verb");
    button.focus();
  } else summary.dataset.verb = button.dataset.verb;
}

export function watchBoard() {
  oneStop();
  document.addEventListener("toggle", asked, true);
  document.addEventListener("focusin", (event) => inHand(event.target.closest(".ck-board .ck-visit")));
  document.addEventListener("day:patched", oneStop);
  document.addEventListener("keydown", (event) => {
    const card = event.target.closest?.(".ck-board .ck-visit");
    if (event.key === "Escape" && closePanel()) return;
    if (!card || event.target !== card) return;
    if (event.key === "Enter") open(card);
    else moveFocus(event, card);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-panel]")) closePanel();
    const card = event.target.closest(".ck-board .ck-visit");
    if (card && !event.target.closest("a, button, summary, details")) open(card);
  });
  // A step taken elsewhere leaves the focus nowhere: then it goes to the card, once.
  document.addEventListener("htmx:afterRequest", () => {
    const kept = document.querySelector("#toast [data-focus]");
    const isLost = document.activeElement === document.body || !document.activeElement;
    if (kept && isLost) focusCard(document.getElementById(kept.dataset.focus));
    kept?.removeAttribute("data-focus");
  });
}
