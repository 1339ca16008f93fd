// A toast stays ten seconds, longer while it is pointed at or holds the focus. Problems stay until closed.

function leave(toast) {
  if (toast.matches(":hover, :focus-within")) {
    setTimeout(() => leave(toast), 2000);
    return;
  }
  toast.classList.add("is-leaving");
  setTimeout(() => toast.remove(), 300);
}

function arm(root) {
  for (const toast of root.querySelectorAll("[data-toast]:not([data-armed])")) {
    toast.dataset.armed = "yes";
    if (toast.dataset.toast !== "stay") setTimeout(() => leave(toast), 10000);
  }
  if (root.querySelector("[data-left]:not([data-counts])")) import("./held.js").then(({ count }) => count());
}

export function watchToasts() {
  const box = document.getElementById("toast");
  if (!box) return;
  arm(box);
  new MutationObserver(() => arm(document)).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("click", (event) => {
    event.target.closest("[data-close-toast]")?.closest("[data-toast]").remove();
  });
}
