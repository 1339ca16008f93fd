// Where a visit would go: a ghost on the grid that snaps to five minutes, and the places it may not go to dimmed.

const STEP = 5;
const number = (node, prefix) => Number([...node.classList].find((name) => name.startsWith(prefix))?.slice(prefix.length) ?? 0);

export function clock(minute) {
  const hour = Math.floor(minute / 60);
  const rest = minute % 60 ? `:${String(minute % 60).padStart(2, "0")}` : "";
  return `${hour % 12 || 12}${rest}${hour < 12 ? "am" : "pm"}`;
}

export class Ghost {
  constructor(card) {
    this.card = card;
    this.id = card.id.replace("visit-", "");
    this.board = card.closest(".ck-board");
    this.lanes = [...this.board.querySelectorAll(".ck-lane[id^=lane-]:not(#lane-0)")].filter((lane) => lane.querySelector(".ck-colhead:not(.fold)"));
    this.home = { row: number(card, "gr-"), column: number(card, "gc-"), height: number(card, "gh-") };
    Object.assign(this, { row: this.home.row, column: this.home.column, places: null });
    this.node = card.cloneNode(true);
    for (const name of ["id", "tabindex"]) this.node.removeAttribute(name);
    this.node.setAttribute("aria-hidden", "true");
    this.node.classList.add("ck-ghost");
    for (const inner of this.node.querySelectorAll("button, details")) inner.remove();
    for (const link of this.node.querySelectorAll("a")) {
      const plain = Object.assign(document.createElement("span"), { className: link.className });
      plain.append(...link.childNodes);
      link.replaceWith(plain);
    }
    this.label = this.node.appendChild(document.createElement("b"));
    this.label.className = "ck-ghost-time";
    this.board.append(this.node);
    card.classList.add("is-away");
    this.ready = this.look();
  }

  // The places of the day, once: without them (the line is down, not allowed) nothing is dimmed, and the drop tells.
  async look() {
    const day = document.getElementById("day").dataset.date;
    const answer = await fetch(`/sessions/${this.id}/places/?day=${day}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    const found = answer?.ok ? await answer.json() : null;
    if (!found || !this.node.isConnected) return;
    this.opens = found.minute - this.home.row * STEP;
    this.places = found.places;
    this.dim();
    this.show();
  }

  get resource() {
    return this.lanes.find((lane) => number(lane.querySelector(".ck-colhead"), "gc-") === this.column)?.id.replace("lane-", "") ?? "";
  }

  get minute() {
    return this.opens + this.row * STEP;
  }

  get isLegal() {
    return Boolean(this.places?.[this.resource]?.includes(this.minute));
  }

  get isHome() {
    return this.row === this.home.row && this.column === this.home.column;
  }

  to(row, column) {
    const columns = this.lanes.map((lane) => number(lane.querySelector(".ck-colhead"), "gc-"));
    if (columns.includes(column)) this.column = column;
    this.row = Math.max(0, row);
    this.show();
  }

  show() {
    const kept = [...this.node.classList].filter((name) => !/^(gc|gr|lane)-/.test(name));
    this.node.className = [...kept, `gc-${this.column}`, `gr-${this.row}`].join(" ");
    this.node.classList.toggle("bad", this.places !== null && !this.isLegal && !this.isHome);
    this.label.textContent = this.places ? clock(this.minute) : "";
  }

  dim() {
    const rows = number(this.board.querySelector(".ck-colbg"), "gh-");
    for (const lane of this.lanes) {
      const column = number(lane.querySelector(".ck-colhead"), "gc-");
      const legal = new Set(this.places[lane.id.replace("lane-", "")] ?? []);
      for (let row = 0, from = 0; row <= rows; row += 1) {
        if (row < rows && !legal.has(this.opens + row * STEP)) continue;
        if (row > from) this.board.append(shade(column, from, row - from));
        from = row + 1;
      }
    }
  }

  remove() {
    this.node.remove();
    this.card.classList.remove("is-away");
    for (const node of this.board.querySelectorAll(".ck-dim")) node.remove();
  }
}

function shade(column, row, rows) {
  const node = document.createElement("div");
  node.className = `ck-dim gc-${column} gr-${row} gh-${rows}`;
  return node;
}
