/* The clip's player. One <video> is the only clock: picture, sound, position and seconds heard are read from it.

   <section data-player data-duration-s="30">
     <video data-video controls> <button data-start hidden> <p data-player-error hidden>
     <script type="application/json" id="clip-peaks"> 600 numbers 0–255
     <div data-player-controls hidden> <canvas data-wave> <input type="range" data-seek>
       <button data-play data-restart data-loop data-speed data-mute> <input type="range" data-volume>
       <span data-time> <span data-total> <span data-speed-text>

   shortcuts.js calls `player` below. The root hears `heard` with {seconds} as audible seconds add up. */

import { onClip, say } from "./label-root.js";
import { drawWave } from "./waveform.js";

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

// A private window may refuse storage; then the volume is simply not remembered.
function remembered(name, fallback) {
  try { return Number(localStorage.getItem(name) ?? fallback); } catch { return fallback; }
}
function remember(name, value) {
  try { localStorage.setItem(name, value); } catch { /* see above */ }
}

let video = null; // kept from clip to clip: Safari lets only an element that a person started play by itself
let ui = null;
let isStarted = false;

export const player = {
  toggle() { if (!isStarted) begin(); else if (video.paused) video.play(); else video.pause(); },
  pause() { video.pause(); },
  seek(by) { video.currentTime = clamp(video.currentTime + by, 0, ui.duration); paint(); },
  restart() { video.currentTime = 0; if (isStarted) video.play(); },
  loop() { video.loop = !video.loop; ui.loop.setAttribute("aria-pressed", video.loop); },
  speed(step) {
    const at = SPEEDS.indexOf(video.playbackRate) + step;
    video.playbackRate = video.defaultPlaybackRate = SPEEDS[clamp(at, 0, SPEEDS.length - 1)];
  },
  volume(by) { video.muted = false; video.volume = clamp(video.volume + by, 0, 1); },
  mute() { video.muted = !video.muted; if (video.muted) say("noClipSound"); },
};

function begin() {
  isStarted = true;
  video.play().then(() => { ui.start.hidden = true; }, () => { isStarted = false; ui.start.hidden = false; });
}

function paint() {
  if (!ui) return;
  const at = clamp(video.currentTime / ui.duration, 0, 1);
  ui.seek.value = video.currentTime;
  ui.seek.setAttribute("aria-valuetext", clock(video.currentTime));
  ui.time.textContent = clock(video.currentTime);
  drawWave(ui.wave, ui.peaks, at);
}

function reflect() {
  if (!ui) return; // the pause of the last clip is told after it has gone
  ui.section.classList.toggle("is-playing", !video.paused);
  ui.section.classList.toggle("is-muted", video.muted || video.volume === 0);
  ui.mute.setAttribute("aria-pressed", video.muted);
  ui.loop.setAttribute("aria-pressed", video.loop);
  ui.volume.value = video.volume;
  ui.speedText.textContent = `${video.playbackRate}×`;
  ui.total.textContent = clock(ui.duration);
  paint();
}

// Heard: played, aloud, in front. Counted in wall time too, so that double speed earns nothing.
let before = { wall: 0, at: 0 };
function tick(wall) {
  if (ui && video) {
    const isHeard = !video.paused && !video.muted && video.volume > 0 && !document.hidden;
    const moved = Math.min(video.currentTime - before.at, (wall - before.wall) / 1000);
    if (isHeard && moved > 0 && moved < 1) {
      ui.heard += moved;
      ui.root.dispatchEvent(new CustomEvent("heard", { detail: { seconds: ui.heard } }));
    }
    before = { wall, at: video.currentTime };
    if (!video.paused) paint();
  }
  requestAnimationFrame(tick);
}
requestAnimationFrame(tick);

function adopt(fresh) {
  if (!video) {
    video = fresh;
    video.controls = false;
    video.addEventListener("click", player.toggle);
    video.volume = clamp(remembered("volume", 1), 0, 1);
    for (const name of ["play", "pause", "ratechange", "seeked", "loadedmetadata"]) video.addEventListener(name, reflect);
    video.addEventListener("volumechange", () => { remember("volume", video.volume); reflect(); });
    video.addEventListener("error", () => { if (ui) ui.error.hidden = false; });
    return;
  }
  video.poster = fresh.poster;
  video.src = fresh.src;
  fresh.replaceWith(video);
}

onClip((root) => {
  const section = root.querySelector("[data-player]");
  if (!section) { video?.pause(); ui = null; return; }
  const part = (name) => section.querySelector(`[data-${name}]`);
  const peaks = JSON.parse(section.querySelector("#clip-peaks")?.textContent || "[]") ?? [];
  ui = {
    root, section, peaks, heard: 0, duration: Number(section.dataset.durationS) || 30, error: part("player-error"),
    start: part("start"), wave: part("wave"), seek: part("seek"), time: part("time"), total: part("total"),
    loop: part("loop"), mute: part("mute"), volume: part("volume"), speedText: part("speed-text"),
  };
  adopt(part("video"));
  before.at = 0;
  part("player-controls").hidden = false;
  part("play").addEventListener("click", player.toggle);
  part("restart").addEventListener("click", player.restart);
  ui.loop.addEventListener("click", player.loop);
  ui.mute.addEventListener("click", player.mute);
  part("speed").addEventListener("click", () => player.speed(video.playbackRate >= 2 ? -9 : 1));
  ui.start.addEventListener("click", begin);
  ui.seek.addEventListener("input", () => { video.currentTime = Number(ui.seek.value); paint(); });
  ui.volume.addEventListener("input", () => { video.muted = false; video.volume = Number(ui.volume.value); });
  ui.start.hidden = isStarted;
  if (isStarted) begin();
  reflect();
});

document.addEventListener("themechange", paint);
addEventListener("resize", paint);
