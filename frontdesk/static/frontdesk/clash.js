// Where a refusal of a card stands: right below the card, above it where there is no room, never outside of the window.

let card = "";

const anchorOf = () => document.getElementById(card);

function stand() {
  const box = document.getElementById("clash");
  const anchor = anchorOf();
  if (!box?.firstElementChild || !anchor) return;
  const here = anchor.getBoundingClientRect();
  const { offsetWidth: wide, offsetHeight: high } = box;
  const below = here.bottom + 6 + high <= innerHeight;
  box.style.left = `${Math.max(8, Math.min(here.left, innerWidth - wide - 8))}px`;
  box.style.top = `${below ? here.bottom + 6 : Math.max(8, here.top - high - 6)}px`;
}

export function place(elt) {
  const near = elt.closest?.(".ck-visit, .ck-item");
  if (near) card = near.id;
  stand();
}

place.now = stand;
place.back = () => anchorOf()?.focus();
