// Everything a page does beyond links and forms. Each module hooks onto data- attributes and works without the others.
import { watchBoard } from "./board.js";
import { watchKeys } from "./keys.js";
import { watchLive } from "./live.js";
import { watchToasts } from "./toast.js";

watchBoard();
watchKeys();
watchLive();
watchToasts();

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// A time picked in the best-time strip becomes the wish.
document.addEventListener("click", (event) => {
  const picked = event.target.closest("[data-set-time]");
  const field = document.getElementById("preferred_time");
  if (!picked || !field) return;
  field.value = picked.dataset.setTime;
  field.dispatchEvent(new Event("change", { bubbles: true }));
});

// The hint under a choice follows the choice.
document.addEventListener("change", (event) => {
  const hint = document.querySelector(`[data-hint-for="${event.target.id}"]`);
  if (hint) hint.textContent = event.target.selectedOptions[0].dataset.hint ?? "";
});
