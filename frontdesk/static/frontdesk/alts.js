// A list of choices: 1 to 5 go to one of them, Enter takes it; the first legal one has the focus when it comes.

const open = () => [...document.querySelectorAll("[data-alts]")].at(-1);
const isTyping = (node) => node.closest?.("input:not([type=hidden]), textarea, select, [contenteditable], dialog[open]");
const isFree = (node) => !node || node === document.body || Boolean(node.closest("[data-panel], .ck-visit"));

// The choices come later than the box: they take the focus only from the box itself, never from elsewhere.
function welcome(event) {
  const list = event.target.querySelector?.("[data-alts]:not([data-seen])");
  if (!list) return;
  list.dataset.seen = "yes";
  const first = list.querySelector("[data-first]");
  if (first && isFree(document.activeElement) && !isTyping(document.activeElement)) first.focus();
}

function lost(event, is) {
  const box = document.querySelector(`[data-lost="#${event.target.id}"]`);
  if (!box || event.target.id === "") return;
  box.hidden = !is;
  if (is) event.target.replaceChildren();
}

export function watchAlts() {
  document.addEventListener("htmx:afterSettle", welcome);
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, (event) => lost(event, true));
  document.addEventListener("htmx:beforeRequest", (event) => lost(event, false));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const chosen = /^[1-5]$/.test(event.key) && open()?.querySelector(`[data-alt="${event.key}"]`);
    if (!chosen) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (document.activeElement === chosen && !event.repeat) chosen.click();
    else chosen.focus();
  }, true);
}
