// What the palette knows without asking: the visit in hand, today's visits, pages, settings. Found by beginnings of words.
import { open } from "./board.js";
import { pressKey } from "./keys.js";
import { VERBS, panel, stepButton } from "./press.js";

const ORDER = ["Do", "Today's visits", "Go to", "Settings", "Help"];
const MOST = 8;
const ON_CARDS = ["m", "delete", "e"];
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const wordsOf = (text) => plain(text).split(/[^\p{L}\p{N}/]+/u).filter(Boolean);

function command(link, card) {
  const { group, cap, press } = link.dataset;
  const words = link.textContent;
  if (link.href) return { group, words, cap, href: link.href };
  if (group !== "Do") return { group, words, cap, run: () => pressKey(press) };
  // Only what is in hand and offers it now: its next steps stand on a card, the rest in the panel it opens.
  const stands = VERBS[press] ? stepButton(card, press) : card?.querySelector(`[data-key~="${press}" i]`);
  if (!card || !(stands || (ON_CARDS.includes(press) && card.matches(".ck-visit")))) return null;
  const whose = card.querySelector("[data-open]")?.textContent.trim();
  return { group, words: whose ? `${words}: ${whose}` : words, cap, run: () => pressKey(press) };
}

function visit(card) {
  const link = card.querySelector("[data-open]");
  const words = `${link.textContent.trim()} ${card.querySelector(".ck-state")?.textContent.trim() ?? ""}`;
  return { group: "Today's visits", words, cap: "", run: () => (card.focus(), open(card)) };
}

export function collect(card) {
  const list = document.querySelectorAll("#palette-commands a");
  const cards = [...document.querySelectorAll(".ck-board .ck-visit:has([data-open])")].filter((node) => /^visit-\d+$/.test(node.id));
  return [...[...list].map((link) => command(link, card ?? panel())), ...cards.map(visit)].filter(Boolean);
}

// Without a word typed: what can be done here and where to go; today's visits only when they are asked for.
export function matching(rows, text) {
  const typed = wordsOf(text);
  const fits = ({ words, group }) => {
    if (!typed.length) return group !== "Today's visits";
    const own = wordsOf(words);
    return typed.every((part) => own.some((word) => word.startsWith(part)));
  };
  const found = rows.filter(fits);
  return ORDER.map((group) => [group, found.filter((row) => row.group === group).slice(0, MOST)]).filter(([, some]) => some.length);
}

function option(row, id) {
  const node = document.createElement(row.href ? "a" : "div");
  Object.assign(node, { id, tabIndex: -1, row });
  if (row.href) node.href = row.href;
  node.setAttribute("role", "option");
  node.setAttribute("aria-selected", "false");
  const words = document.createElement("span");
  words.textContent = row.words;
  node.append(words);
  if (!row.cap) return node;
  const cap = document.createElement("kbd");
  cap.textContent = row.cap;
  node.append(cap);
  return node;
}

export function draw(box, groups) {
  let number = 0;
  box.replaceChildren(
    ...groups.map(([name, rows]) => {
      const group = document.createElement("div");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", name);
      const head = document.createElement("div");
      head.className = "ck-pal-head";
      head.textContent = name;
      head.setAttribute("role", "presentation");
      group.append(head, ...rows.map((row) => option(row, `pal-${(number += 1)}`)));
      return group;
    }),
  );
}
