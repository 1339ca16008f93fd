// Initials or names: the page is read again where it stands; a form somebody is filling in stays as it is.
import { keepPlace } from "./place.js";
import { say } from "./say.js";

const FIELDS = "main :is(input:not([type=hidden]):not([type=checkbox]):not([type=radio]), textarea)";
const isFilled = () => [...document.querySelectorAll(FIELDS)].some((field) => field.value !== field.defaultValue);

async function turn(form, button) {
  const body = new FormData(form);
  if (button?.name) body.append(button.name, button.value);
  const headers = { "HX-Request": "true" };
  const answer = await fetch(form.action, { method: "POST", body, headers }).catch(() => null);
  if (!answer?.ok) say("We couldn't change how names are shown. Try again.");
  else if (isFilled()) say("Names change on the next page: this form isn't saved yet.");
  else {
    keepPlace();
    location.reload();
  }
}

export function watchPrivacy() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-privacy]")) return;
    event.preventDefault();
    turn(event.target, event.submitter);
  });
}
