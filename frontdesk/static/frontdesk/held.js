// How long a text is still held, second by second. Only eyes see it tick; ears heard the sentence once, and hear its end.

const counted = new Set();

function begin(node) {
  node.dataset.counts = "yes";
  const heard = node.querySelector(":scope > span");
  const [before, after] = heard.textContent.split(node.dataset.when);
  const seen = document.createElement("span");
  const time = document.createElement("span");
  time.className = "ck-num";
  time.append("");
  seen.append(before, time, after ?? "");
  seen.setAttribute("aria-hidden", "true");
  heard.classList.add("ck-sr");
  heard.after(seen);
  counted.add({ node, heard, seen, text: time.firstChild, until: performance.now() + Number(node.dataset.left) * 1000 });
}

function end({ node, heard, seen, text }) {
  text.data = "now";
  heard.textContent = seen.textContent;
  const decide = node.querySelector("[data-decide]");
  const isInHand = decide?.contains(document.activeElement);
  decide?.remove();
  if (isInHand) (node.querySelector("button, a") ?? node.closest("[tabindex]") ?? document.getElementById("main")).focus();
}

// The text node alone changes: nothing is taken out of the hand, and whoever watches the page for new parts isn't woken.
function tick() {
  for (const each of counted) {
    const left = Math.ceil((each.until - performance.now()) / 1000);
    if (left <= 0) end(each);
    if (left <= 0 || !each.node.isConnected) counted.delete(each);
    else each.text.data = `in ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  }
}

export function count() {
  if (!counted.size) {
    const beat = setInterval(() => {
      tick();
      if (!counted.size) clearInterval(beat);
    }, 500);
  }
  document.querySelectorAll("[data-left]:not([data-counts])").forEach(begin);
  tick();
}
