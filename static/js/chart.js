/* Curves that a person can hover, and the same numbers as a table.

   <figure data-chart data-chart-data="id of a json_script element">
     <figcaption>Loss</figcaption> <div data-chart-canvas></div> <table data-chart-table></table>

   {"x": {"label": "Epoch", "values": [1, 2]}, "series": [{"label": "train", "values": [1.2, null]}]} */

import uPlot from "../vendor/uplot/uPlot.esm.js";

const HEIGHT_PX = 260;
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

function colours(box) {
  const probe = document.createElement("i");
  probe.hidden = true;
  box.append(probe);
  const read = (name) => { probe.className = name; return getComputedStyle(probe).color; };
  const found = { series: DASHES.map((_, i) => read(`series-${i}`)), text: read("muted"), line: getComputedStyle(box).borderTopColor };
  probe.remove();
  return found;
}

function fillTable(table, data) {
  if (!table) return;
  const row = (cells, tag) => {
    const line = document.createElement("tr");
    cells.forEach((text, i) => {
      const cell = document.createElement(i === 0 || tag === "th" ? "th" : "td");
      cell.scope = tag === "th" ? "col" : "row";
      cell.className = i === 0 ? "" : "num";
      cell.textContent = text ?? "–";
      line.append(cell);
    });
    return line;
  };
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumSignificantDigits: 4 });
  table.createTHead().replaceChildren(row([data.x.label, ...data.series.map((s) => s.label)], "th"));
  const body = table.tBodies[0] ?? table.createTBody();
  body.replaceChildren(...data.x.values.map((x, i) => row(
    [x, ...data.series.map((s) => (s.values[i] === null ? null : number.format(s.values[i])))], "td",
  )));
}

function draw(box, data) {
  const paint = colours(box);
  const axis = { stroke: paint.text, grid: { stroke: paint.line, width: 1 }, ticks: { show: false }, font: `12px ${getComputedStyle(box).fontFamily}` };
  return new uPlot({
    width: box.clientWidth,
    height: HEIGHT_PX,
    scales: { x: { time: false } },
    axes: [{ ...axis, label: data.x.label, labelSize: 20, labelFont: axis.font, incrs: [1, 2, 5, 10, 20, 50, 100] }, { ...axis, size: 56 }],
    cursor: { y: false },
    series: [{ label: data.x.label }, ...data.series.map((s, i) => ({
      label: s.label, stroke: paint.series[i % DASHES.length], dash: DASHES[i % DASHES.length], width: 2,
      points: { show: data.x.values.length < 2 }, spanGaps: true,
    }))],
  }, [data.x.values, ...data.series.map((s) => s.values)], box);
}

function start(figure) {
  if (figure.dataset.chart === "drawn") return;
  figure.dataset.chart = "drawn";
  const data = JSON.parse(document.getElementById(figure.dataset.chartData).textContent);
  if (data.x.values.length === 0) return;
  const box = figure.querySelector("[data-chart-canvas]");
  fillTable(figure.querySelector("[data-chart-table]"), data);
  let plot = draw(box, data);
  new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT_PX })).observe(box);
  document.addEventListener("themechange", () => { plot.destroy(); plot = draw(box, data); });
}

const startAll = () => document.querySelectorAll("[data-chart]").forEach(start);
startAll();
for (const name of ["htmx:load", "polled"]) document.addEventListener(name, startAll);
