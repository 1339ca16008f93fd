// How long somebody has waited, sits in the chair, may not leave yet: counted on by the clinic's clock, minute by minute.

const since = { server: 0, page: 0 };

function clock() {
  const at = Date.parse(document.querySelector("[data-time]")?.dataset.time ?? "");
  if (at !== since.server) Object.assign(since, { server: at, page: Date.now() });
  return since.server + Date.now() - since.page;
}

const left = (minutes) => (minutes > 0 ? `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")} left` : "over");

function tick() {
  const now = clock();
  for (const timer of document.querySelectorAll("time[data-count]")) {
    const gone = Math.floor((now - Date.parse(timer.dateTime)) / 60000);
    const { count, limit } = timer.dataset;
    const text = { up: `${gone} min`, down: left(-gone), late: `${gone} min late` }[count];
    if (timer.textContent !== text) timer.textContent = text;
    if (count !== "late") timer.classList.toggle("is-over", gone >= Number(limit));
  }
}

export function watchTimers() {
  if (!document.querySelector("[data-time]")) return;
  tick();
  setInterval(tick, 10000);
  document.addEventListener("day:patched", tick);
  document.addEventListener("htmx:afterSettle", tick);
}
