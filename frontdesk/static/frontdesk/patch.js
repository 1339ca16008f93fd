// News of a day laid into the page in place: only what differs is touched, and what is in hand stays in hand.
// `[data-keyed]` holds children with ids; each is compared with what the server printed last, not with what it became.

const MINE = new Set(["id", "data-only", "tabindex", "aria-selected"]); // the page's own, not the server's
const printed = new Map();
const isKeyed = (node) => node.hasAttribute("data-keyed");

export function remember(root) {
  for (const node of root.querySelectorAll("[data-keyed] > [id]")) if (!isKeyed(node)) printed.set(node.id, node.outerHTML);
}

// What asks is not taken away either: htmx lays an answer, its toast too, into the tree the button that asked stands in.
const isAsking = (node) => Boolean(node.querySelector(".htmx-request"));

// A menu or a question that is open is not taken away: its news waits for the next answer.
const isOpen = (node) => Boolean(node.querySelector("details[open], :popover-open, select:focus, textarea:focus, input:focus"));

function refocus(fresh, held) {
  const verb = held.dataset.verb && `[data-verb="${CSS.escape(held.dataset.verb)}"]`;
  const same = (held.id && document.getElementById(held.id)) || (verb && fresh.querySelector(verb));
  (same ?? (held.matches("[data-open]") ? fresh.querySelector("[data-open]") : null) ?? fresh).focus({ preventScroll: true });
}

function replace(old, next, news) {
  const fresh = document.importNode(next, true);
  const held = old.contains(document.activeElement) ? document.activeElement : null;
  if (old.tabIndex === 0 && fresh.hasAttribute("tabindex")) fresh.tabIndex = 0;
  if (old.hasAttribute("aria-selected")) fresh.setAttribute("aria-selected", old.getAttribute("aria-selected"));
  old.replaceWith(fresh);
  window.htmx.process(fresh);
  if (held === old) fresh.focus({ preventScroll: true });
  else if (held) refocus(fresh, held);
  news.fresh.push(fresh);
  return fresh;
}

function settle(old, next, news) {
  if (isKeyed(next)) {
    for (const { name, value } of next.attributes) if (!MINE.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    children(old, next, news);
    return old;
  }
  const html = next.outerHTML;
  if (printed.get(next.id) === html) return old;
  if (isAsking(old) || (isOpen(old) && !news.isOwn)) {
    news.waits = true;
    return old;
  }
  printed.set(next.id, html);
  return replace(old, next, news);
}

function add(next, news) {
  const fresh = document.importNode(next, true);
  // It alone: what stands beside it has still to be compared with what was printed before.
  if (isKeyed(next)) remember(next);
  else printed.set(next.id, next.outerHTML);
  queueMicrotask(() => window.htmx.process(fresh));
  news.fresh.push(fresh);
  return fresh;
}

function children(here, wanted, news) {
  const coming = [...wanted.children].filter((node) => node.id);
  const kept = new Set(coming.map((node) => node.id));
  for (const old of [...here.children]) if (old.id && !kept.has(old.id) && !isAsking(old)) old.remove();
  let spot = here.firstElementChild;
  for (const next of coming) {
    while (spot && !spot.id) spot = spot.nextElementSibling;
    const found = document.getElementById(next.id);
    const old = found?.parentElement === here && found.tagName === next.tagName ? found : null;
    const isThere = Boolean(old) && old === spot;
    const node = old ? settle(old, next, news) : add(next, news);
    if (!isThere) here.insertBefore(node, spot);
    spot = node.nextElementSibling;
  }
}

// Lays printed nodes over those of the same id; tells what is fresh, and whether something waits. What somebody did
// here themselves answers the question they had open.
export function patch(nodes, isOwn = false) {
  const news = { fresh: [], waits: false, isOwn };
  for (const next of nodes) {
    const old = document.getElementById(next.id);
    if (old && old.tagName === next.tagName) settle(old, next, news);
  }
  return news;
}
