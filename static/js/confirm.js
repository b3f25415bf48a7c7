/* Asks before a step that is not easily undone. Without scripts the form is simply sent.

   <form method="post" data-confirm="Cancel run 4?" data-confirm-label="Cancel run" data-confirm-keep="Keep it">
   <body data-confirm-keep="Go back"> is what the other button says where the form does not. */

let dialog = null;

function build() {
  dialog = document.createElement("dialog");
  dialog.append(document.createElement("p"), document.createElement("form"));
  dialog.querySelector("form").method = "dialog";
  dialog.querySelector("form").className = "form-actions";
  document.body.append(dialog);
}

function button(text, value, style) {
  const made = document.createElement("button");
  made.className = `button ${style}`;
  made.value = value;
  made.textContent = text;
  return made;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset?.confirm || form.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!dialog) build();
  const { submitter } = event;
  const yes = form.dataset.confirmLabel || submitter?.textContent.trim();
  dialog.querySelector("p").textContent = form.dataset.confirm;
  dialog.querySelector("form").replaceChildren(
    button(form.dataset.confirmKeep || document.body.dataset.confirmKeep, "no", "button-secondary"),
    button(yes, "yes", "button-danger"),
  );
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(submitter);
    delete form.dataset.confirmed;
  }, { once: true });
  dialog.returnValue = "";
  dialog.showModal();
}, true);
