/* Opens the save button once enough was heard, and refuses to send before: the ring shows how much is missing.
   Fills in seconds_heard and active_ms. The server checks again; this is courtesy, not a lock.

   <main data-label-root data-min-heard-s="5"> <form data-label-form>
     <input type="hidden" name="seconds_heard"> <input type="hidden" name="active_ms">
     <button data-submit> <svg data-ring hidden> <circle data-ring-fill pathLength="100"> */

import { onClip, say } from "./label-root.js";

const IDLE_MS = 30_000;
let clip = null;
let lastSign = performance.now();

for (const sign of ["pointermove", "pointerdown", "keydown", "touchstart"]) {
  addEventListener(sign, () => { lastSign = performance.now(); }, { passive: true });
}

function missing() {
  return clip ? Math.max(0, clip.wanted - clip.heard) : 0;
}

function show() {
  const isOpen = missing() === 0;
  clip.ring.toggleAttribute("hidden", isOpen); // an SVG element has no `hidden` property
  clip.fill.setAttribute("stroke-dashoffset", clip.wanted ? 100 - Math.min(100, (100 * clip.heard) / clip.wanted) : 0);
  if (isOpen) clip.button.removeAttribute("aria-disabled");
  else clip.button.setAttribute("aria-disabled", "true");
}

onClip((root) => {
  const form = root.querySelector("[data-label-form]");
  if (!form) { clip = null; return; }
  clip = {
    form, heard: 0, activeMs: 0, shownAt: performance.now(), wanted: Number(root.dataset.minHeardS) || 0,
    button: form.querySelector("[data-submit]"), ring: form.querySelector("[data-ring]"),
    fill: form.querySelector("[data-ring-fill]"),
  };
  // An answer the server sent back keeps what was heard before.
  clip.heard = Number(form.elements.seconds_heard.value) || 0;
  clip.activeMs = Number(form.elements.active_ms.value) || 0;
  const earlier = clip.heard;
  root.addEventListener("heard", (event) => {
    clip.heard = earlier + event.detail.seconds;
    form.elements.seconds_heard.value = clip.heard.toFixed(2);
    show();
  });
  show();
});

const BEAT_MS = 250;
setInterval(() => {
  if (!clip || document.hidden) return;
  const isPlaying = document.querySelector(".player.is-playing") !== null;
  if (!isPlaying && performance.now() - lastSign > IDLE_MS) return;
  clip.activeMs += BEAT_MS;
  clip.form.elements.active_ms.value = clip.activeMs;
}, BEAT_MS);

// The second half of a double Enter belongs to the clip before; it is swallowed without a word.
const GRACE_MS = 500;
function refuse(event, word, values) {
  event.preventDefault();
  event.stopImmediatePropagation();
  if (performance.now() - clip.shownAt < GRACE_MS) return;
  say(word, values);
  clip.button.classList.remove("is-refused");
  void clip.button.offsetWidth; // lets the animation start anew
  clip.button.classList.add("is-refused");
}

// Captured at the document, so that it comes before htmx.
document.addEventListener("submit", (event) => {
  if (!clip || event.target !== clip.form || event.submitter?.hasAttribute("formaction")) return;
  if (missing() > 0) refuse(event, "listen", { N: Math.ceil(missing()) });
}, true);

// The browser's own bubble would hang on an invisible radio button.
document.addEventListener("invalid", (event) => {
  if (!clip || event.target.form !== clip.form) return;
  refuse(event, "choose");
}, true);
