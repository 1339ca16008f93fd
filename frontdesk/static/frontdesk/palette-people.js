// The people of the palette come from the server: the newest question wins, and a slow answer is spoken of.

let question = null;
let waiting = 0;

async function fetchRows(form, signal) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" }, signal });
  const elsewhere = answer.headers.get("HX-Redirect");
  if (elsewhere) location.assign(elsewhere);
  return answer.ok ? answer.text() : Promise.reject(new Error());
}

// Returns whether an answer is on its way.
export function ask(form, box, note, done) {
  question?.abort();
  clearTimeout(waiting);
  note.textContent = "";
  const text = form.elements.q.value.trim();
  if (!form.dataset.people || text.length === 1) {
    box.replaceChildren();
    return false;
  }
  question = new AbortController();
  waiting = setTimeout(() => (note.textContent = "Still looking for patients…"), 400);
  fetchRows(form, question.signal).then(
    (html) => {
      clearTimeout(waiting);
      note.textContent = "";
      box.innerHTML = html;
      done();
    },
    (error) => {
      if (error.name === "AbortError") return;
      clearTimeout(waiting);
      box.replaceChildren();
      done();
      note.textContent = "Patients can't be searched right now. Try again.";
    },
  );
  return true;
}
