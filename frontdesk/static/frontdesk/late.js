// Answers that are slow, or come in another order than what they answer.
const order = new WeakMap(); // request -> its number
let sent = 0;
let wanted = 0; // the number of the latest question for the panel
let told = 0; // that of the deed the toast tells of
let answered = 0;

function ask({ detail }) {
  order.set(detail.xhr, ++sent);
  if (detail.target?.id === "panel") wanted = sent;
}

// The button has gone meanwhile, replaced by the answer before. Left alone, htmx would look for the parts of this one
// around the button that has gone, and find none.
function layIn({ detail }, elt) {
  detail.shouldSwap = false;
  const asked = detail.xhr.getResponseHeader("HX-Reswap") ?? elt.closest("[hx-swap]")?.getAttribute("hx-swap") ?? "innerHTML";
  window.htmx.swap(detail.target, detail.serverResponse, { swapStyle: asked.split(" ")[0], swapDelay: 0, settleDelay: 0 }, {});
  if (detail.requestConfig.verb === "post") window.htmx.trigger(document.body, "changed");
}

// Of two questions for the panel the later one counts, whichever answer is slower.
function answer(event) {
  const { requestConfig, shouldSwap, target, xhr } = event.detail;
  const elt = requestConfig?.elt;
  answered = order.get(xhr);
  if (target?.id === "panel" && requestConfig?.verb === "get" && answered < wanted) event.detail.shouldSwap = false;
  else if (shouldSwap && elt && !elt.isConnected && target?.isConnected) layIn(event, elt);
}

// Of two deeds the later one is told of, and it is the one to take back.
function tell(event) {
  if (!event.detail.target.matches("#toast, #latest")) return;
  if (answered < told) event.preventDefault();
  else told = answered;
}

export function watchLate() {
  document.addEventListener("htmx:beforeSend", ask);
  for (const name of ["htmx:sendError", "htmx:sendAbort", "htmx:timeout"]) document.addEventListener(name, () => (wanted = 0));
  document.addEventListener("htmx:beforeSwap", answer);
  document.addEventListener("htmx:oobBeforeSwap", tell);
}
