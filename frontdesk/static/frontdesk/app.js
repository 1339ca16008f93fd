// Everything a page does beyond links and forms. Each module hooks onto data- attributes and works without the others.
import { watchAhead } from "./ahead.js";
import { watchAlts } from "./alts.js";
import { watchBoard } from "./board.js";
import { watchFilter } from "./filter.js";
import { watchFind } from "./find.js";
import { watchRefusals } from "./here.js";
import { watchEscape } from "./escape.js";
import { watchHands } from "./hands.js";
import { watchIdle } from "./idle.js";
import { watchKeys } from "./keys.js";
import { watchLate } from "./late.js";
import { watchLive } from "./live.js";
import { watchOver } from "./over.js";
import { watchPanel } from "./panel.js";
import { watchStale } from "./stale.js";
import { watchTimers } from "./timers.js";
import { watchPalette } from "./palette.js";
import { watchToasts } from "./toast.js";
import { watchVisitKeys } from "./visit-keys.js";

watchHands();
watchVisitKeys();
watchAlts();
watchLate();
watchLive();
watchOver();
watchStale();
watchFilter();
watchTimers();
watchBoard();
watchFind();
watchRefusals();
watchEscape();
watchIdle();
watchAhead();
watchKeys();
watchPanel();
watchPalette();
watchToasts();

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-privacy]")) return;
  event.preventDefault();
  import("./privacy.js").then(({ turn }) => turn(form), () => form.submit());
});

// The hint under a choice follows the choice.
document.addEventListener("change", (event) => {
  const hint = document.querySelector(`[data-hint-for="${event.target.id}"]`);
  if (hint) hint.textContent = event.target.selectedOptions[0].dataset.hint ?? "";
});
