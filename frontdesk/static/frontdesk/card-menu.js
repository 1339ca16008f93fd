// The menu of a visit, one for the page: only what may be done now, by click or letter; Esc goes back to the card.
import { focusCard, idOf, open as openVisit } from "./board.js";
import { box, part, putAt } from "./floating.js";
import { pressKey } from "./keys.js";
import { stepButton } from "./press.js";
import { say } from "./say.js";
import { pressOnVisit, startAnyway } from "./visit-keys.js";

const LETTERS = { arrive: "a", start: "s", monitor: "c", complete: "c" };
const ON_VISIT = { "no-show": "x", move: "m", cancel: "delete", note: "e", "not-treated": "not-treated", "stop-early": "stop-early" };
let whose = ""; // id of the card

const menu = () => box("card-menu");
const lines = () => [...menu().querySelectorAll("[role=menuitem]")];
export const isOpen = () => !menu().hidden;
export const isOf = (card) => isOpen() && whose === card.id;

function hand(card) {
  if (card?.matches(".ck-visit")) focusCard(card, true);
  else card?.focus({ preventScroll: true });
}

export function close(back = true) {
  if (!isOpen()) return false;
  menu().hidden = true;
  menu().replaceChildren();
  document.dispatchEvent(new Event("menu:closed"));
  if (back) hand(document.getElementById(whose));
  return true;
}

export async function open(card, left, top) {
  whose = card.id;
  const html = await part(`/sessions/${idOf(card)}/menu/`);
  if (!html) return say("Couldn't load the menu. Press Enter for the visit.");
  if (whose !== card.id) return false;
  hand(document.getElementById(whose));
  menu().className = "ck-cardmenu";
  menu().innerHTML = html;
  menu().hidden = false;
  putAt(menu(), left, top);
  lines()[0].focus({ preventScroll: true });
  return true;
}

// Each line does what its key does on the card, so that there is one way to do it.
function choose(line) {
  const { do: what } = line.dataset;
  if (what === "course") return;
  close();
  const card = document.getElementById(whose);
  if (!card) return;
  if (document.body.hasAttribute("data-stale") && what !== "open") say("Changes are off until we reconnect.");
  else if (what === "open") openVisit(card);
  else if (ON_VISIT[what]) pressOnVisit(card, ON_VISIT[what]);
  else if (what === "start" && !stepButton(card, "s")) startAnyway(card);
  else pressKey(LETTERS[what]);
}

function go(event, by) {
  const all = lines();
  const at = all.indexOf(document.activeElement);
  const next = { Home: 0, End: all.length - 1 }[event.key] ?? (at + by + all.length) % all.length;
  all[next].focus();
  event.preventDefault();
}

function onKey(event) {
  event.stopPropagation();
  const by = { ArrowDown: 1, ArrowUp: -1, Home: 0, End: 0 }[event.key];
  const line = lines().find((one) => one.dataset.letter === event.key.toLowerCase());
  if (event.key === "Tab") close();
  else if (by !== undefined) go(event, by);
  else if (line && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "Enter") {
    event.preventDefault();
    choose(line);
  }
}

export function watchMenu() {
  menu().addEventListener("keydown", onKey);
  menu().addEventListener("click", (event) => {
    const line = event.target.closest("[role=menuitem]");
    if (line) choose(line);
  });
  menu().addEventListener("contextmenu", (event) => event.preventDefault());
  document.addEventListener("escape", (event) => close() && event.preventDefault());
  for (const kind of ["resize", "blur"]) addEventListener(kind, () => close(false));
  document.addEventListener("scroll", () => close(false), true);
  document.addEventListener("pointerdown", (event) => {
    if (!menu().contains(event.target)) close(false);
  }, true);
}
