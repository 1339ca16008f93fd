// The ways to a visit's menu: a right click, the menu key, a finger that rests, and three dots at the card in hand.
import { close, isOf, isOpen, open, watchMenu } from "./card-menu.js";
import { cardOf } from "./floating.js";

const REST = 500; // a finger; a drag begins earlier, and goes on once the finger moves
const FAR = 6;
const SIZE = 24;
let card = null; // the dots are at this one
let rest = null;
let isDone = false; // the click that follows a long press belongs to it

function dots() {
  const found = document.getElementById("card-dots");
  if (found) return found;
  const node = document.body.appendChild(document.createElement("button"));
  const icon = document.querySelector("use").getAttribute("href").split("#")[0];
  Object.assign(node, { id: "card-dots", type: "button", className: "ck-dots-btn", tabIndex: -1, hidden: true });
  node.setAttribute("aria-haspopup", "menu");
  node.setAttribute("aria-label", "More about this visit");
  node.innerHTML = `<svg class="ck-i" viewBox="0 0 24 24" aria-hidden="true"><use href="${icon}#i-dots"/></svg>`;
  node.addEventListener("click", () => {
    const at = node.getBoundingClientRect();
    node.setAttribute("aria-expanded", "true");
    open(card, at.left, at.bottom + 4);
  });
  return node;
}

// At the right end of the first line; where the next step stands there, left of it; a narrow card keeps its name free.
function show(at) {
  card = at;
  const here = card.getBoundingClientRect();
  const step = card.querySelector(".ck-step, .ck-item-step")?.getBoundingClientRect();
  const isRow = card.matches(".ck-item");
  const top = isRow ? here.top + 8 : here.top - 3;
  const isBeside = step && step.top < top + SIZE - 8;
  dots().hidden = false;
  const right = here.width < 100 ? here.right + SIZE / 2 : here.right - 2;
  dots().style.left = `${(isBeside ? step.left - 4 : right) - SIZE}px`;
  dots().style.top = `${top}px`;
}

function hide() {
  if (!card || isOpen()) return;
  card = null;
  dots().hidden = true;
  dots().removeAttribute("aria-expanded");
}

function pointed(event) {
  if (isOpen()) return;
  const over = event.pointerType === "touch" ? null : cardOf(event.target);
  if (over) show(over);
  else if (!dots().contains(event.target) && !card?.matches(":focus-visible")) hide();
}

function byKey(event) {
  const on = cardOf(document.activeElement);
  if (!on || !(event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey))) return;
  event.preventDefault();
  const here = on.getBoundingClientRect();
  open(on, here.left + 12, Math.min(here.bottom + 2, innerHeight - 40));
}

function onRight(event) {
  const on = cardOf(event.target);
  if (!on) return;
  event.preventDefault();
  if (event.pointerType !== "touch" && !isOf(on)) open(on, event.clientX + 2, event.clientY + 2);
}

function down(event) {
  clearTimeout(rest?.timer);
  isDone = false;
  const on = event.pointerType === "touch" ? cardOf(event.target) : null;
  if (!on) return;
  rest = { x: event.clientX, y: event.clientY, timer: setTimeout(press, REST, on, event.clientX, event.clientY) };
}

function press(on, x, y) {
  document.dispatchEvent(new PointerEvent("pointercancel")); // what the drag has taken up goes back
  isDone = true;
  open(on, x - 20, y + 12);
}

function moved(event) {
  if (rest && Math.hypot(event.clientX - rest.x, event.clientY - rest.y) > FAR) clearTimeout(rest.timer);
}

// News put another node in the card's place, or took it off the board.
function follow() {
  if (!card || card.isConnected) return;
  const fresh = document.getElementById(card.id);
  if (fresh) return show(fresh);
  close(false);
  return hide();
}

export function begin(event) {
  if (event.type === "pointerdown") down(event);
  else if (event.type === "contextmenu") onRight(event);
  else if (event.type === "pointerover") pointed(event);
  else focused();
}

function focused() {
  const on = cardOf(document.activeElement);
  if (on?.matches(":focus-visible")) show(on);
  else if (document.activeElement !== dots()) hide();
}

export function watchDots() {
  watchMenu();
  document.addEventListener("pointerover", pointed);
  document.addEventListener("pointerdown", down);
  document.addEventListener("pointermove", moved);
  for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, () => clearTimeout(rest?.timer));
  document.addEventListener("contextmenu", onRight);
  document.addEventListener("keydown", byKey);
  document.addEventListener("focusin", focused);
  document.addEventListener("scroll", hide, true);
  document.addEventListener("menu:closed", () => setTimeout(focused));
  document.addEventListener("day:patched", follow);
  document.addEventListener("click", (event) => {
    if (!isDone || !cardOf(event.target)) return;
    isDone = false;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}
