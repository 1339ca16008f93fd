// The board as one tab stop: arrows inside, Enter opens a visit beside it, Esc comes back to the same card.

const cards = () => [...document.querySelectorAll(".ck-board .ck-visit")];

function focusCard(card) {
  if (!card) return;
  for (const other of cards()) other.tabIndex = other === card ? 0 : -1;
  card.focus({ preventScroll: false });
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

export function closePanel() {
  const panel = document.querySelector("[data-panel]");
  if (!panel) return false;
  const card = document.getElementById(panel.dataset.panel);
  panel.remove();
  focusCard(card);
  return true;
}

export function step(by) {
  const all = cards();
  const index = all.indexOf(document.activeElement);
  focusCard(all[index < 0 ? 0 : Math.max(0, Math.min(all.length - 1, index + by))]);
}

function filter(button) {
  const day = document.getElementById("day");
  const only = button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.filter;
  for (const other of day.querySelectorAll("[data-filter]")) other.setAttribute("aria-pressed", String(other.dataset.filter === only));
  for (const card of day.querySelectorAll("[data-state]")) card.classList.toggle("is-match", card.dataset.state === only);
  if (only) day.dataset.only = only;
  else delete day.dataset.only;
}

export function watchBoard() {
  calm();
  document.addEventListener("keydown", (event) => {
    const card = event.target.closest?.(".ck-board .ck-visit");
    if (event.key === "Escape" && closePanel()) return;
    if (!card || event.target !== card) return;
    if (event.key === "Enter") open(card);
    else moveFocus(event, card);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-panel]")) closePanel();
    const button = event.target.closest("[data-filter]");
    if (button) filter(button);
    const card = event.target.closest(".ck-board .ck-visit");
    if (card && !event.target.closest("a, button")) open(card);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    calm();
    if (event.target.id === "panel") document.querySelector("[data-panel]")?.focus();
    const kept = document.querySelector("#toast [data-focus]");
    if (event.target.id === "day" && kept) focusCard(document.getElementById(kept.dataset.focus));
  });
}
