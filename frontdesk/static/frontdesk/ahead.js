// Steps that are safe show at once: the card looks as it will, and as it did before should the answer be no.
// A second click, or a key that repeats, asks nothing while the first is on its way.

const SAFE = new Set(["arrive", "start", "complete", "no-show"]);
const LOOKS = /^is-(planned|booked|confirmed|here|turned|chair|watch|done|partial|noshow|cancelled|error|late|came)$/;
const past = new Map(); // card id -> how it looked before the latest step
const changed = new Map(); // element on its way -> what takes its look back

function look(card) {
  const state = card.querySelector(".ck-state");
  const use = state?.querySelector("use");
  const word = [...(state?.childNodes ?? [])].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  return use && word ? { css: [...card.classList].find((name) => LOOKS.test(name)), use, word, icon: use.getAttribute("href") } : null;
}

function wear(card, css, icon, text) {
  const now = look(card);
  if (!now) return null;
  const was = { css: now.css, icon: now.icon, text: now.word.data };
  if (now.css) card.classList.remove(now.css);
  card.classList.add(css);
  now.use.setAttribute("href", icon);
  now.word.data = text;
  card.setAttribute("aria-busy", "true");
  return was;
}

function show(elt, card, css, icon, text) {
  const was = wear(card, css, icon, text);
  if (!was) return;
  past.set(card.id, was);
  changed.set(elt, () => {
    if (!card.isConnected) return;
    wear(card, was.css, was.icon, was.text);
    card.removeAttribute("aria-busy");
  });
}

function begin(elt) {
  const { verb, nextCss, nextIcon, nextWord } = elt.dataset;
  const card = elt.closest(".ck-visit, .ck-item");
  if (card && SAFE.has(verb) && nextCss) {
    const sprite = look(card)?.icon.split("#")[0];
    show(elt, card, nextCss, `${sprite}#i-${nextIcon}`, nextWord);
  } else if (elt.id === "undo" && elt.elements.kind.value === "session") {
    const undone = document.getElementById(`visit-${elt.elements.id.value}`);
    const was = undone && past.get(undone.id);
    if (was) show(elt, undone, was.css, was.icon, was.text);
  }
}

const isDeed = (event) => event.detail.requestConfig?.verb === "post" && event.detail.elt.matches("button, form:not([hx-trigger])");

export function watchAhead() {
  const sent = new WeakSet();
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isDeed(event)) return;
    const { elt } = event.detail;
    if (sent.has(elt) || elt.closest("[aria-busy=true]")) return event.preventDefault();
    sent.add(elt);
    begin(elt);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt } = event.detail;
    if (!isDeed(event)) return;
    sent.delete(elt);
    const back = changed.get(elt);
    changed.delete(elt);
    // After what else comes with a yes: then the card that was here has gone.
    if (back) setTimeout(back, event.detail.successful && elt.id === "undo" ? 2000 : 0);
  });
}
