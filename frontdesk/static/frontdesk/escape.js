// Escape closes the innermost open thing and only that: what floats over a card (it hears `escape` first), menu, what
// offers its own way out, dialog; then the panel.

export function watchEscape() {
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      if (document.querySelector("dialog[open]")) return event.stopPropagation();
      if (!document.dispatchEvent(new Event("escape", { cancelable: true }))) {
        event.preventDefault();
        return event.stopPropagation();
      }
      const menu = document.querySelector("details.ck-menu[open]");
      const out = [...document.querySelectorAll("[data-esc]")].findLast((node) => node.offsetParent !== null);
      if (!menu && !out) return;
      event.preventDefault();
      event.stopPropagation();
      if (!menu) return out.click();
      menu.open = false;
      menu.querySelector("summary").focus();
    },
    true,
  );
}
