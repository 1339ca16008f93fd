// A search box and its hits as one (combobox): arrows choose, Enter takes the chosen or the first hit, Esc closes.

const answered = new WeakMap(); // the text a box has hits for: kept here, for a page must not store names
const waiting = new WeakSet(); // boxes whose Enter came before the hits
const cameFrom = new WeakMap();

const boxOf = (input) => document.getElementById(input.getAttribute("aria-controls"));
const hitsOf = (input) => [...(boxOf(input)?.querySelectorAll("[role=option]") ?? [])];
const chosen = (input) => hitsOf(input).find((hit) => hit.getAttribute("aria-selected") === "true");

function choose(input, hit) {
  for (const other of hitsOf(input)) other.setAttribute("aria-selected", String(other === hit));
  if (!hit) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", hit.id);
  hit.scrollIntoView({ block: "nearest" });
}

function move(input, by) {
  const hits = hitsOf(input);
  const at = hits.indexOf(chosen(input));
  choose(input, hits[(at + by + hits.length + (at < 0 && by < 0 ? 1 : 0)) % hits.length]);
}

function take(input) {
  const hit = chosen(input) ?? hitsOf(input)[0];
  if (!hit) return;
  window.htmx?.process(hit);
  hit.click();
}

function close(input) {
  boxOf(input)?.replaceChildren();
  choose(input);
  input.setAttribute("aria-expanded", "false");
  cameFrom.get(input)?.focus();
}

function enter(event, input) {
  if (input.value.trim().length < 2) return;
  event.preventDefault();
  if (answered.get(input) === input.value) take(input);
  else waiting.add(input);
}

function onKey(event) {
  const input = event.target.closest?.("[data-find]");
  if (!input) return;
  waiting.delete(input);
  if (event.key === "Enter") enter(event, input);
  else if (event.key === "Escape") close(input);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (hitsOf(input).length) move(input, event.key === "ArrowDown" ? 1 : -1);
  }
}

function onAnswer(event) {
  const input = event.detail.requestConfig?.elt;
  if (!input?.matches("[data-find]") || !input.isConnected) return;
  answered.set(input, event.detail.requestConfig.formData.get("q"));
  input.setAttribute("aria-expanded", String(boxOf(input).childElementCount > 0));
  choose(input);
  if (waiting.delete(input) && answered.get(input) === input.value) take(input);
}

function onFailure(event) {
  const input = event.detail.elt;
  if (!input?.matches?.("[data-find]")) return;
  const words = document.createElement("p");
  const again = document.createElement("button");
  words.className = "ck-hits ck-none";
  again.className = "ck-link";
  again.type = "button";
  again.textContent = "Try again";
  again.addEventListener("click", () => window.htmx.trigger(input, "again"));
  words.append("Couldn't search. ", again);
  boxOf(input).replaceChildren(words);
}

export function watchFind() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("htmx:afterSwap", onAnswer);
  for (const failure of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(failure, onFailure);
  document.addEventListener("htmx:responseError", (event) => event.detail.xhr.status >= 500 && onFailure(event));
  document.addEventListener("focusin", (event) => {
    const back = event.relatedTarget;
    if (event.target.matches?.("[data-find]") && back?.id) cameFrom.set(event.target, back);
  });
  document.addEventListener("click", (event) => {
    for (const input of document.querySelectorAll("[data-find][aria-expanded=true]")) {
      if (!input.closest("form").contains(event.target)) boxOf(input).replaceChildren();
    }
  });
}
