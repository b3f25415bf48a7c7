/* Tells a behaviour about each clip as it comes: the first with the page, the next ones from htmx.

   <main data-label-root> … </main> */

export function onClip(start) {
  let last = null;
  const look = () => {
    const root = document.querySelector("[data-label-root]");
    if (!root || root === last) return;
    last = root;
    start(root);
  };
  look();
  document.addEventListener("htmx:load", look);
}

/* Says something in the page's one status line; quiet after a while unless it must stay. */
let timer = 0;
export function say(word, values = {}, stays = false) {
  const line = document.querySelector("[data-label-status]");
  if (!line) return;
  clearTimeout(timer);
  const text = word ? line.dataset[word] ?? "" : "";
  line.textContent = Object.entries(values).reduce((t, [name, value]) => t.replace(`%${name}%`, value), text);
  line.classList.remove("is-quiet");
  if (!stays) timer = setTimeout(() => line.classList.add("is-quiet"), 4000);
}
