/* The labelling screen's keys. The only module that listens to keys there. Keys are places on the keyboard
   (KeyboardEvent.code), so that 1–6 are 1–6 on a French or an Arabic layout too.

   <form data-label-form> <input type="radio" data-emotion="1"> <input type="radio" data-second="1">
     <button data-submit> <details data-skip> ; sheets: <section popover id="guidelines">, id="shortcuts"

   Silent while a person types or composes, while a sheet or dialog is open, and with Ctrl, Alt or Meta.
   A control reached by Tab keeps its own keys; one that was clicked gives the keys back. */

import { player } from "./label-player.js";

const root = () => document.querySelector("[data-label-root]");
const find = (selector) => root()?.querySelector(selector);

function pick(position) {
  const radio = find(`[data-emotion="${position}"]`);
  if (!radio) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

function pickSecond(position) {
  const radio = find(`[data-second="${position}"]`);
  if (!radio) return;
  const none = find('[name="second_emotion"][value=""]');
  (radio.checked ? none : radio).checked = true;
}

const toggleSheet = (id) => document.getElementById(id)?.togglePopover();

function skip() {
  const menu = find("[data-skip]");
  if (!menu) return;
  menu.open = !menu.open;
  if (menu.open) menu.querySelector("button")?.focus();
}

function volumeOrMenu(step) {
  const choices = [...(root()?.querySelectorAll("[data-skip][open] button") ?? [])];
  const at = choices.indexOf(document.activeElement);
  if (at < 0) player.volume(-step * 0.05);
  else choices[(at + step + choices.length) % choices.length].focus();
}

const ACTIONS = {
  Enter: () => find("[data-label-form]")?.requestSubmit(find("[data-submit]")),
  NumpadEnter: () => ACTIONS.Enter(),
  Space: () => player.toggle(),
  KeyK: () => player.pause(),
  KeyJ: () => player.seek(-5),
  KeyL: () => player.seek(5),
  ArrowLeft: (event) => player.seek(event.shiftKey ? -5 : -1),
  ArrowRight: (event) => player.seek(event.shiftKey ? 5 : 1),
  ArrowUp: () => volumeOrMenu(-1),
  ArrowDown: () => volumeOrMenu(1),
  Home: () => player.restart(),
  KeyR: () => player.loop(),
  KeyM: () => player.mute(),
  Comma: () => player.speed(-1),
  Period: () => player.speed(1),
  KeyG: () => toggleSheet("guidelines"),
  Backspace: skip,
};
const REPEATABLE = /^(Arrow|KeyJ$|KeyL$)/;

function digit(event) {
  const position = /^(?:Digit|Numpad)([1-6])$/.exec(event.code)?.[1];
  if (!position) return null;
  return () => (event.shiftKey ? pickSecond(position) : pick(position));
}

const TYPING = 'input:not([type="radio"], [type="range"], [type="checkbox"], [type="hidden"]), textarea, select, [contenteditable]';
const OWN_KEYS = 'button, a[href], summary, input[type="range"], input[type="radio"]';

function belongsToControl(event) {
  const control = event.target.closest?.(OWN_KEYS);
  if (!control) return false;
  if (control.type === "range") return event.code.startsWith("Arrow") || event.code === "Home";
  if (control.type === "radio") return event.code.startsWith("Arrow") || event.code === "Space";
  return event.code === "Space" || event.code === "Enter";
}

document.addEventListener("keydown", (event) => {
  if (!find("[data-label-form]") || event.defaultPrevented) return;
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest?.(TYPING)) return;
  const sheet = document.querySelector("dialog[open], [popover]:popover-open");
  const action = event.key === "?" ? () => toggleSheet("shortcuts") : digit(event) ?? ACTIONS[event.code];
  if (!action) return;
  if (sheet) {
    if (sheet.id === "guidelines" && event.code === "KeyG") sheet.hidePopover();
    if (sheet.id === "shortcuts" && event.key === "?") sheet.hidePopover();
    return;
  }
  if (belongsToControl(event)) return;
  event.preventDefault();
  if (event.repeat && !REPEATABLE.test(event.code)) return;
  action(event);
});

// A click leaves the focus on what was clicked; the arrows would then change the answer instead of seeking.
document.addEventListener("click", (event) => {
  if (event.detail > 0 && event.target.closest?.("[data-label-root]")?.contains(document.activeElement)) {
    if (document.activeElement.matches("input, [data-player] button")) document.activeElement.blur();
  }
});
