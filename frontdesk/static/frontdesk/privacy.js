// Initials or names, loaded when somebody asks for the others: the page is read again where it stands; a form somebody
// is filling in stays as it is.
import { keepPlace } from "./place.js";
import { say } from "./say.js";

const FIELDS = "main :is(input:not([type=hidden]):not([type=checkbox]):not([type=radio]), textarea)";
const isFilled = () => [...document.querySelectorAll(FIELDS)].some((field) => field.value !== field.defaultValue);

export async function turn(form) {
  const body = new FormData(form);
  const headers = { "HX-Request": "true" };
  const answer = await fetch(form.action, { method: "POST", body, headers }).catch(() => null);
  if (!answer?.ok) say("We couldn't change how names are shown. Try again.");
  else if (isFilled()) say("Names change on the next page: this form isn't saved yet.");
  else {
    keepPlace();
    location.reload();
  }
}
