// The board asks for news every ten seconds. When nobody answers it says so, and since when.

let failing = false;

function say(text) {
  const mark = document.querySelector("[data-live]");
  if (!mark) return;
  mark.classList.toggle("is-stale", failing);
  mark.textContent = text;
}

// News never lands under a hand: not while a card's form is on its way, a field is filled in, or a filter is on.
function isBusy() {
  const day = document.getElementById("day");
  return Boolean(day?.dataset.only || document.activeElement?.closest("#day :is(input, textarea)"));
}

export function watchLive() {
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.id === "day" && event.detail.requestConfig.verb === "get" && (isBusy() || document.hidden)) event.preventDefault();
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (event.target.id !== "day") return;
    const since = document.querySelector("[data-live]")?.dataset.live ?? "";
    failing = true;
    say(`Not live since ${since}. Trying again.`);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.id !== "day" || !event.detail.successful) return;
    failing = false;
  });
}
