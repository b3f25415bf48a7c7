/* Replaces a part of the page by the server's newer one, while somebody looks.

   <section id="job" data-poll data-poll-src="?part=status" data-poll-s="2"> … </section>

   The answer may be the fragment or the whole page: the element with the same id is taken. It ends when that
   element no longer carries data-poll. 204 and 304 change nothing. Failures wait longer each time, to a minute;
   a hidden tab asks nothing and catches up when it is seen again. Sends `polled` on the new element. */

const SLOWEST_S = 60;

function watch(part) {
  const src = part.dataset.pollSrc || location.href;
  const pace = Number(part.dataset.pollS) || 3;
  let wait = pace;
  let timer = 0;
  let isAsking = false;

  const plan = () => { clearTimeout(timer); timer = setTimeout(ask, wait * 1000); };
  const stop = () => { clearTimeout(timer); document.removeEventListener("visibilitychange", seen); };
  const seen = () => { if (!document.hidden) { wait = pace; ask(); } };

  function take(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById(part.id);
    // A log-in page has no such part: stop rather than ask for ever.
    if (!fresh) return stop();
    const hadFocus = part.contains(document.activeElement) ? document.activeElement.id : "";
    const isAtEnd = (log) => log && log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    const log = part.querySelector(".log");
    const place = log && !isAtEnd(log) ? log.scrollTop : null;
    const opened = [...part.querySelectorAll("details[open][id]")].map((details) => details.id);
    part.replaceWith(fresh);
    part = fresh;
    for (const id of opened) fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
    const newLog = fresh.querySelector(".log");
    if (newLog) newLog.scrollTop = place ?? newLog.scrollHeight;
    if (hadFocus) document.getElementById(hadFocus)?.focus({ preventScroll: true });
    window.htmx?.process(fresh);
    fresh.dispatchEvent(new CustomEvent("polled", { bubbles: true }));
    return "poll" in fresh.dataset ? plan() : stop();
  }

  async function ask() {
    clearTimeout(timer);
    if (document.hidden || isAsking || !part.isConnected) return;
    isAsking = true;
    try {
      const answer = await fetch(src, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
      if (answer.status === 204 || answer.status === 304) { wait = pace; plan(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      wait = pace;
      take(await answer.text());
    } catch {
      wait = Math.min(SLOWEST_S, wait * 2);
      plan();
    } finally {
      isAsking = false;
    }
  }

  document.addEventListener("visibilitychange", seen);
  plan();
}

document.querySelectorAll("[data-poll]").forEach(watch);
