// A board, or a chair, that gets no answer for half a minute says so, and takes no changes until it gets one again.

const AFTER = 30; // seconds
let good = performance.now();
let fails = false;

const day = () => document.querySelector("#day, #chair");
const isStale = () => document.body.hasAttribute("data-stale");
const sentence = () => `Not live since ${day().dataset.clock}. Trying again. Changes are off until we reconnect.`;

function say() {
  const strip = document.getElementById("stale");
  const again = document.createElement("button");
  again.className = "ck-btn sm";
  again.textContent = "Try now";
  again.addEventListener("click", () => window.htmx.trigger(day(), "look"));
  strip.replaceChildren(sentence(), " ", again);
  document.body.setAttribute("data-stale", "");
  document.querySelector("[data-live]")?.replaceChildren(`Not live since ${day().dataset.clock}`);
}

function unsay() {
  document.body.removeAttribute("data-stale");
  document.getElementById("stale")?.replaceChildren();
  const line = document.getElementById("news");
  if (line) line.textContent = "Live again";
}

function check() {
  const after = Number(day()?.dataset.staleAfter ?? AFTER) * 1000;
  if (day() && fails && !isStale() && performance.now() - good > after) say();
}

function answered(event) {
  if (event.detail.elt !== day() || event.detail.requestConfig.verb !== "get") return;
  const { status } = event.detail.xhr;
  fails = !(status === 200 || status === 304 || status === 204);
  if (fails) return;
  good = performance.now();
  day().dataset.clock = event.detail.xhr.getResponseHeader("X-Clock") ?? day().dataset.clock;
  document.querySelector("[data-live]")?.replaceChildren(`Live, ${day().dataset.clock}`);
  if (isStale()) unsay();
}

// Reading, printing and going elsewhere still work; whatever would be recorded does not.
function refuse(event) {
  if (!isStale() || !event.target.closest("form[method=post], [data-verb], [hx-post]")) return;
  if (event.type === "click" && !event.target.closest("button, [data-verb], summary")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  document.getElementById("news").textContent = sentence();
}

export function watchStale() {
  if (!day()) return;
  document.addEventListener("htmx:afterRequest", answered);
  document.addEventListener("click", refuse, true);
  document.addEventListener("submit", refuse, true);
  setInterval(check, 1000);
}
