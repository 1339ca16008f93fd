// The locked screen: opened in one tab, all go back to where they were.

const tabs = new BroadcastChannel("lock");
const back = document.querySelector("[data-back]").dataset.back;

tabs.addEventListener("message", ({ data }) => {
  if (data === "opened") location.replace(back);
});
