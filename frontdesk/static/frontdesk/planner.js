// Book a course: the best-time strip and the rows by keys, one pasted line for all fields, a booking that failed.

const $ = (id) => document.getElementById(id);

// A time picked in the best-time strip becomes the wish.
function wishFor(time) {
  const field = $("preferred_time");
  field.value = time;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function alongBars(event) {
  const bars = [...event.target.closest(".ck-best").children];
  const at = bars.indexOf(event.target);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: bars.length - 1 }[event.key];
  if (to === undefined || !bars[to]) return;
  event.preventDefault();
  for (const bar of bars) bar.tabIndex = bar === bars[to] ? 0 : -1;
  bars[to].focus();
}

// One tab stop: the time that is wished, or the first.
function calmBars() {
  const bars = [...document.querySelectorAll(".ck-best > button")];
  const stop = bars.find((bar) => bar === document.activeElement) ?? bars.find((bar) => bar.ariaPressed === "true") ?? bars[0];
  for (const bar of bars) bar.tabIndex = bar === stop ? 0 : -1;
}

function accept() {
  const card = $("plan-rows");
  card.classList.add("is-accepted");
  card.querySelector("[data-accept]").disabled = true;
  $("plan-said").textContent = "Accepted. The plan stands as shown.";
  document.querySelector("[data-books]")?.focus();
}

function review() {
  const card = $("plan-rows");
  card.classList.remove("is-accepted");
  card.querySelector("[data-accept]").disabled = false;
  const row = card.querySelector(".clash");
  row?.scrollIntoView({ block: "center" });
  row?.focus();
}

// The row whose time was changed keeps the focus, though all rows are new.
let rowInHand = "";

function onClick(event) {
  const time = event.target.closest("[data-set-time]");
  if (time) {
    event.preventDefault();
    wishFor(time.value);
  } else if (event.target.closest("[data-accept]")) accept();
  else if (event.target.closest("[data-review]")) review();
  else if (event.target.closest("[data-again]")) document.querySelector("[data-books]").click();
  rowInHand = event.target.closest(".ck-alt, .ck-others")?.closest("[data-row]")?.id ?? "";
}

function onSettle() {
  calmBars();
  if (rowInHand) $(rowInHand)?.focus({ preventScroll: true });
  rowInHand = "";
  const readable = $("readable");
  if (readable && document.activeElement?.id !== "phone") $("phone").value = readable.textContent;
  readable?.remove();
}

// A line such as "Maria Garcia 3/7/1984 555-010-2040" is for all fields.
function onPaste(event) {
  const text = event.clipboardData?.getData("text") ?? "";
  if (!event.target.closest?.("[data-check]") || !/\d/.test(text) || !/[^\W\d_]/.test(text)) return;
  if (event.target.id === "birth_date" && text.trim().length < 16) return; // 7 mar 1984
  event.preventDefault();
  $("pasted").value = text;
  window.htmx.trigger("#pasted", "pasted");
}

// Dragging is there for who points at a dot; the first time it takes its script along.
let dots = null;

async function reach(event) {
  if (!event.target.closest?.(".ck-strips")) return;
  dots ??= import("./plan-drag.js").then((found) => (found.watchDots(), found));
  (await dots).grab(event);
}

function failed(is) {
  $("plan-failed").hidden = !is;
}

function watchPlanner() {
  if (!document.querySelector("[data-plan]")) return;
  calmBars();
  document.addEventListener("click", onClick);
  document.addEventListener("paste", onPaste);
  document.addEventListener("pointerover", reach);
  document.addEventListener("keydown", (event) => event.target.closest?.(".ck-best") && alongBars(event));
  document.addEventListener("htmx:afterSettle", onSettle);
  document.addEventListener("htmx:sendError", (event) => event.detail.elt.matches("[data-books]") && failed(true));
  document.addEventListener("htmx:beforeRequest", () => failed(false));
  document.addEventListener("htmx:responseError", (event) => event.detail.xhr.status >= 500 && event.detail.elt.matches("[data-books]") && failed(true));
}

watchPlanner();
