/* A form is sent once, however often a person clicks.

   <form method="post" data-submit-once> … <button>Save</button> </form>

   The buttons say busy instead of being disabled, so that focus stays and a button's own name and value are
   sent. Coming back by the Back button frees the form again. Forms that htmx sends are not touched: they
   carry hx-sync. */

const sent = new WeakSet();
const buttons = (form) => [...form.elements].filter((element) => element.type === "submit");

function release(form) {
  sent.delete(form);
  for (const button of buttons(form)) {
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-submit-once]")) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  if (event.defaultPrevented) return;
  sent.add(form);
  for (const button of buttons(form)) button.setAttribute("aria-disabled", "true");
  event.submitter?.setAttribute("aria-busy", "true");
});

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.querySelectorAll("[data-submit-once]").forEach(release);
});
