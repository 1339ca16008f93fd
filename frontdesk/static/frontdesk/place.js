// Where somebody was: kept as numbers and ids while the page is left for a moment, and taken up again on return.

const STORE = "place";
const here = () => location.pathname + location.search;

export function keepPlace() {
  const panel = document.querySelector("[data-panel]");
  const card = panel?.dataset.panel ?? document.activeElement?.closest("[id]")?.id ?? "";
  const scroll = document.querySelector(".ck-scroll");
  const place = { at: here(), card, panel: Boolean(panel), y: scrollY, top: scroll?.scrollTop, left: scroll?.scrollLeft };
  sessionStorage.setItem(STORE, JSON.stringify(place));
}

export function takePlace() {
  const place = JSON.parse(sessionStorage.getItem(STORE) ?? "null");
  sessionStorage.removeItem(STORE);
  if (place?.at !== here()) return;
  scrollTo(0, place.y);
  document.querySelector(".ck-scroll")?.scrollTo(place.left ?? 0, place.top ?? 0);
  const card = document.getElementById(place.card);
  card?.focus({ preventScroll: true });
  const link = place.panel && card?.querySelector("[data-open]");
  if (!link) return;
  window.htmx?.process(link);
  link.click();
}
