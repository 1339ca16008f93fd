// Picking out a state, and how the day is shown: in place where that is possible, kept in the address.

const day = () => document.getElementById("day");

function mark() {
  const only = day()?.dataset.only ?? "";
  for (const button of document.querySelectorAll("[data-filter]")) {
    const isOn = button.dataset.filter === only;
    button.setAttribute("aria-pressed", String(isOn));
    button.value = isOn ? "" : button.dataset.filter;
  }
  const none = document.getElementById("nothing");
  if (none) none.hidden = !only || Boolean(document.querySelector(`[data-state="${CSS.escape(only)}"]`));
}

function pick(only) {
  if (only) day().dataset.only = only;
  else delete day().dataset.only;
  const here = new URL(location.href);
  if (only) here.searchParams.set("only", only);
  else here.searchParams.delete("only");
  history.replaceState(history.state, "", here);
  mark();
}

// Columns do not fit on a phone: there the day is a list, unless somebody asked for columns.
function fit(narrow) {
  const here = new URL(location.href);
  const isChosen = here.searchParams.has("view") || document.cookie.includes("view=");
  if (!day() || isChosen || narrow.matches === day().classList.contains("as-list")) return;
  here.searchParams.set("view", narrow.matches ? "list" : "board");
  location.replace(here);
}

export function watchFilter() {
  const narrow = matchMedia("(max-width: 720px)");
  fit(narrow);
  mark();
  document.addEventListener("day:patched", mark);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-filter]");
    if (button && day()) {
      event.preventDefault();
      pick(button.value);
    }
    const menu = document.querySelector("details.ck-view[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
    if (event.target.closest("[data-show-all]")) pick("");
    const view = event.target.closest("[data-view]");
    if (view) document.cookie = `view=${view.dataset.view}; path=/; SameSite=Lax; max-age=31536000`;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-sends]")) event.target.form.requestSubmit();
  });
}
