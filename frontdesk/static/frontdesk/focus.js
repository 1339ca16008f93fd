// The focus is moved, never lost: a node that can't take it hands it to the nearest one that can.
export function focusHere(node) {
  if (!node) return;
  node.focus({ preventScroll: false });
}
