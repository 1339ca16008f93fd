// An answer whose button has gone meanwhile, replaced by the answer before: it is laid in all the same. Left alone,
// htmx would look for its parts around the button that has gone, and find none.

function layIn(event) {
  const { requestConfig, shouldSwap, serverResponse, target, xhr } = event.detail;
  const elt = requestConfig?.elt;
  if (!shouldSwap || !elt || elt.isConnected || !target?.isConnected) return;
  event.detail.shouldSwap = false;
  const asked = xhr.getResponseHeader("HX-Reswap") ?? elt.closest("[hx-swap]")?.getAttribute("hx-swap") ?? "innerHTML";
  window.htmx.swap(target, serverResponse, { swapStyle: asked.split(" ")[0], swapDelay: 0, settleDelay: 0 }, {});
  if (requestConfig.verb === "post") window.htmx.trigger(document.body, "changed");
}

export function watchLate() {
  document.addEventListener("htmx:beforeSwap", layIn);
}
