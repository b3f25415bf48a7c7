/* Says whether the answer is safe, and keeps trying while it is not. The form's key makes a second arrival
   of the same answer harmless, so trying again is always right.

   <p data-label-status data-saved data-sending data-offline data-signed-out>
   <main data-label-root> <form data-label-form hx-post="…">

   After a swap the new clip gets the focus and the "saved" line is spoken. */

import { say } from "./label-root.js";

const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];
let attempt = 0;
let timer = 0;
let waiting = null;

// Some of htmx's events come from what sent, some from what is to be replaced; the request knows who asked.
const senderOf = (event) => event.detail.requestConfig?.elt ?? event.detail.elt;
const isOurs = (event) => Boolean(senderOf(event)?.closest?.("[data-label-root] form"));
const time = () => new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" }).format(new Date());

function again() {
  clearTimeout(timer);
  if (!waiting) return;
  const sender = waiting;
  const form = sender.closest("form");
  waiting = null;
  // Logging in again renews the token; the page's own would be refused.
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  if (token && form.elements.csrfmiddlewaretoken) form.elements.csrfmiddlewaretoken.value = token;
  // A skip is sent by its own button and must never become an answer.
  if (sender === form) form.requestSubmit();
  else sender.click();
}

function keepTrying(event, word) {
  waiting = senderOf(event);
  say(word, {}, true);
  clearTimeout(timer);
  timer = setTimeout(again, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
  attempt += 1;
}

addEventListener("online", again);
document.addEventListener("visibilitychange", () => { if (!document.hidden) again(); });

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isOurs(event) && attempt === 0) say("sending", {}, true);
});

document.addEventListener("htmx:sendError", (event) => { if (isOurs(event)) keepTrying(event, "offline"); });
document.addEventListener("htmx:timeout", (event) => { if (isOurs(event)) keepTrying(event, "offline"); });
document.addEventListener("htmx:responseError", (event) => {
  if (!isOurs(event)) return;
  const { status } = event.detail.xhr;
  if (status === 404) { say("gone", {}, true); return; } // somebody else has logged in: it is not theirs to send
  keepTrying(event, status === 403 ? "signedOut" : "offline");
});

// A log-in page has come back instead of a clip: leave the answer where it is.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isOurs(event) || !event.detail.shouldSwap) return;
  if (event.detail.serverResponse.includes("data-label-root")) return;
  event.detail.shouldSwap = false;
  keepTrying(event, "signedOut");
});

document.addEventListener("htmx:afterSwap", (event) => {
  const root = document.querySelector("[data-label-root]");
  if (!root || !event.detail.requestConfig) return;
  attempt = 0;
  waiting = null;
  clearTimeout(timer);
  root.focus({ preventScroll: true });
  scrollTo({ top: 0 });
  // A refused answer comes back as the next clip and a message; only this word means that it is kept.
  if (event.detail.xhr?.getResponseHeader("X-Saved")) say("saved", { TIME: time() });
  else say("");
});
