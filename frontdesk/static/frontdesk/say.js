// One polite line for what a key could not do; nothing is swallowed in silence.

export function say(words) {
  const line = document.getElementById("said-line");
  if (!line) return false;
  line.textContent = words;
  line.classList.add("is-shown");
  clearTimeout(line.timer);
  line.timer = setTimeout(() => line.classList.remove("is-shown"), 4000);
  return true;
}
