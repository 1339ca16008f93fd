// Parts of a page that ask for news: the day every ten seconds, `[data-live-part]` as its own trigger says.
import { patch, remember } from "./patch.js";

let deeds = 0; // steps taken here: an answer that was on its way meanwhile may know less than the page
const asked = new WeakMap();
const isPart = (node) => Boolean(node?.matches?.("#day, [data-live-part]"));
const isRead = (event) => isPart(event.detail.elt) && event.detail.requestConfig?.verb === "get";
const HELD = ".htmx-request, details[open], :popover-open, select:focus, textarea:not(:placeholder-shown), input[type=text]:not(:placeholder-shown)";

const isInHand = (part) => part.id !== "day" && Boolean(part.querySelector(HELD));

// A step on the board is answered with what it changed: the day need not ask again.
const isAnswered = (event) => event.detail.elt.id === "day" && Boolean(event.detail.requestConfig.triggeringEvent?.target?.matches?.("[data-verb]"));

function flash(fresh) {
  const visits = fresh.filter((node) => node.matches("[data-version]"));
  for (const node of visits) node.classList.add("is-fresh");
  setTimeout(() => visits.forEach((node) => node.classList.remove("is-fresh")), 1200);
  const line = document.getElementById("news");
  if (line && visits.length) line.textContent = visits.length === 1 ? "1 visit changed" : `${visits.length} visits changed`;
}

const tell = (fresh) => document.dispatchEvent(new CustomEvent("day:patched", { detail: fresh }));

function layDay(xhr) {
  const wanted = new DOMParser().parseFromString(xhr.responseText, "text/html").getElementById("day");
  if (!wanted || asked.get(xhr) !== deeds) return;
  const day = document.getElementById("day");
  const before = day.dataset.etag;
  const news = patch([wanted]);
  if (news.waits) day.dataset.etag = before;
  flash(news.fresh);
  tell(news.fresh);
}

function layParts(text) {
  const parts = new DOMParser().parseFromString(text, "text/html").querySelector("template[data-parts]");
  if (parts) tell(patch([...parts.content.children], true).fresh);
}

export function watchLive() {
  const day = document.getElementById("day");
  if (day) remember(day);
  document.addEventListener("htmx:configRequest", (event) => {
    if (!isPart(event.detail.elt) || event.detail.verb !== "get") return;
    event.detail.headers["X-Poll"] = "1";
    if (event.detail.elt.dataset.etag) event.detail.headers["If-None-Match"] = event.detail.elt.dataset.etag;
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isRead(event)) deeds += event.detail.requestConfig?.verb === "post" ? 1 : 0;
    else if (document.hidden || isInHand(event.detail.elt) || isAnswered(event)) event.preventDefault();
    else asked.set(event.detail.xhr, deeds);
  });
  // Before the answer says that something changed: what is asked then knows of it.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.requestConfig?.verb === "post") deeds += 1;
  });
  // After htmx has put in what stands beside the parts: the button that asked is still on the page until then.
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr } = event.detail;
    if (!isRead(event)) {
      if (xhr.responseText.includes("data-parts")) layParts(xhr.responseText);
    } else if (xhr.status === 200 && elt.id === "day") layDay(xhr);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, xhr } = event.detail;
    if (!isRead(event) || elt.id === "day" || xhr.status !== 200) return;
    if (isInHand(elt)) event.detail.shouldSwap = false;
    else elt.dataset.etag = xhr.getResponseHeader("ETag") ?? "";
  });
  const look = () => !document.hidden && document.getElementById("day") && window.htmx?.trigger("#day", "look");
  document.addEventListener("visibilitychange", look);
  window.addEventListener("online", look);
}
