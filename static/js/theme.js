/* Light, dark, or as the system. The choice is a cookie, so that the server can write it into the page and
   no page flashes in the wrong colours.

   <fieldset data-theme-picker hidden>
     <input type="radio" name="theme" value="">  <input … value="light">  <input … value="dark">
   </fieldset>

   Sends `themechange` on the document, for what is drawn on a canvas. */

const YEAR_S = 365 * 24 * 60 * 60;
const root = document.documentElement;
const picker = document.querySelector("[data-theme-picker]");

const announce = () => document.dispatchEvent(new CustomEvent("themechange"));

function choose(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=${theme ? YEAR_S : 0}; SameSite=Lax${secure}`;
  announce();
}

if (picker) {
  const current = picker.querySelector(`[value="${root.dataset.theme ?? ""}"]`);
  if (current) current.checked = true;
  picker.hidden = false;
  picker.addEventListener("change", (event) => choose(event.target.value));
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announce);
