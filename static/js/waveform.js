/* Draws a clip's loudness as bars, the heard part in the canvas's colour, the rest in its border colour.

   <canvas data-wave></canvas> with `color` and `border-color` from the style sheet */

const BAR_PX = 3;
const GAP_PX = 1.5;

export function drawWave(canvas, peaks, played) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width || !height) return;
  const density = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * density) || canvas.height !== Math.round(height * density)) {
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
  }
  const style = getComputedStyle(canvas);
  const pen = canvas.getContext("2d");
  pen.setTransform(density, 0, 0, density, 0, 0);
  pen.clearRect(0, 0, width, height);
  const n = Math.max(1, Math.floor(width / (BAR_PX + GAP_PX)));
  const step = width / n;
  for (let i = 0; i < n; i += 1) {
    const from = Math.floor((i * peaks.length) / n);
    const to = Math.max(from + 1, Math.floor(((i + 1) * peaks.length) / n));
    const loud = peaks.length ? Math.max(...peaks.slice(from, to)) / 255 : 0;
    const tall = Math.max(2, loud * (height - 4));
    pen.fillStyle = (i + 0.5) / n <= played ? style.color : style.borderTopColor;
    pen.globalAlpha = (i + 0.5) / n <= played ? 1 : 0.55;
    pen.beginPath();
    pen.roundRect(i * step, (height - tall) / 2, BAR_PX, tall, BAR_PX / 2);
    pen.fill();
  }
  pen.globalAlpha = 1;
  pen.fillStyle = style.color;
  pen.fillRect(Math.min(width - 2, played * width), 0, 2, height);
}
