// A sheet opens the print dialog by itself, once; the button opens it again.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
if (document.body.hasAttribute("data-print-now")) window.print();
