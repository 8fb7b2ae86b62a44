// Specific energy against load: best with its interval, typical, the present hour, and what if.
import { svg } from "./elements.js";
import { listTicks, scale } from "./scale.js";
import { isKnown, number, say } from "./words.js";

const EDGE = { left: 46, right: 58, top: 40, bottom: 44 };

export function drawCurve(width, { points, now, whatIf, units, label }) {
  const known = points.filter((point) => !point.outside);
  const height = Math.round(Math.min(360, Math.max(270, width * 0.55)));
  const levels = known.flatMap((point) => [point.low, point.high, point.best, point.typical]).filter(isKnown);
  const marks = [now, whatIf].filter((mark) => mark && isKnown(mark.level));
  const all = [...levels, ...marks.map((mark) => mark.level)];
  const loads = [...points.map((point) => point.load), ...marks.map((mark) => mark.load)];
  if (!all.length) return null;
  const pad = 0.08 * (Math.max(...all) - Math.min(...all)) || 0.1;
  const [low, high] = [Math.min(...all) - pad, Math.max(...all) + pad];
  const x = scale(Math.min(...loads), Math.max(...loads), EDGE.left, width - EDGE.right);
  const y = scale(low, high, height - EDGE.bottom, EDGE.top);
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": label, class: "curve" },
    drawAxes(x, y, { loads, low, high, width, height, units }),
    drawBand(known, x, y),
    drawLine(points, "typical", x, y),
    drawLine(points, "best", x, y),
    drawNames(known, x, y),
    now && isKnown(now.level) && drawNow(now, x, y, width, units),
    whatIf && isKnown(whatIf.level) && drawWhatIf(whatIf, x, y, width, height, units),
  );
}

function drawAxes(x, y, { loads, low, high, width, height, units }) {
  const levels = listTicks(low, high, 5);
  const across = listTicks(Math.min(...loads), Math.max(...loads), width < 480 ? 4 : 7);
  const floor = height - EDGE.bottom;
  return [
    ...levels.ticks.map((tick) => [
      svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(tick), y2: y(tick) }),
      svg("text", { x: EDGE.left - 6, y: y(tick) + 4, "text-anchor": "end" }, number(tick, levels.digits)),
    ]),
    ...across.ticks.map((tick) => svg("text", { x: x(tick), y: floor + 18, "text-anchor": "middle" }, number(tick, across.digits))),
    svg("line", { class: "axis", x1: EDGE.left, x2: width - EDGE.right, y1: floor, y2: floor }),
    svg("text", { x: EDGE.left - 6, y: 14, "text-anchor": "end" }, units.level),
    svg("text", { x: (EDGE.left + width - EDGE.right) / 2, y: height - 6, "text-anchor": "middle" }, `${units.loadName}, ${units.load}`),
  ].flat();
}

function drawBand(known, x, y) {
  const sure = known.filter((point) => isKnown(point.low) && isKnown(point.high));
  if (sure.length < 2) return null;
  const upper = sure.map((point) => `${x(point.load)},${y(point.high)}`);
  const lower = sure.map((point) => `${x(point.load)},${y(point.low)}`).reverse();
  return svg("polygon", { class: "band", points: [...upper, ...lower].join(" ") });
}

function drawLine(points, name, x, y) {
  let isDown = false;
  const path = points.map((point) => {
    const isHere = !point.outside && isKnown(point[name]);
    const step = isHere ? `${isDown ? "L" : "M"}${x(point.load).toFixed(1)} ${y(point[name]).toFixed(1)}` : "";
    isDown = isHere;
    return step;
  });
  return svg("path", { class: `line ${name}`, d: path.join("") });
}

function drawNames(known, x, y) {
  const last = known.at(-1);
  if (!last) return [];
  const best = y(last.best) + 4;
  const typical = Math.min(y(last.typical) + 4, best - 14);
  return [
    svg("text", { class: "name best", x: x(last.load) + 5, y: best }, say("best")),
    svg("text", { class: "name typical", x: x(last.load) + 5, y: typical }, say("typical")),
  ];
}

function anchor(place, width) {
  const isRight = place > width * 0.55;
  return { x: place + (isRight ? -6 : 6), "text-anchor": isRight ? "end" : "start" };
}

function drawNow(now, x, y, width, units) {
  const place = x(now.load);
  const gap = isKnown(now.best) ? number(now.level - now.best, units.digits, { signed: true }) : "";
  const kind = now.isLoss ? "now" : "now calm"; // red is what surely costs, as everywhere
  return [
    svg("line", { class: `thin ${kind}`, x1: place, x2: place, y1: 6, y2: y(now.level) }),
    isKnown(now.best) && svg("line", { class: `stem ${kind}`, x1: place, x2: place, y1: y(now.level), y2: y(now.best) }),
    svg("circle", { class: `mark ${kind}`, cx: place, cy: y(now.level), r: 5 }),
    svg("text", { class: `name ${kind}`, y: 16, ...anchor(place, width) }, `${say("now")} ${number(now.level, units.digits)} ${units.level}`),
    gap && svg("text", { class: `name ${kind}`, y: 31, ...anchor(place, width) }, `${say("gap")} ${gap}`),
  ];
}

function drawWhatIf(mark, x, y, width, height, units) {
  const place = x(mark.load);
  const floor = height - EDGE.bottom;
  return [
    svg("line", { class: "thin", x1: place, x2: place, y1: y(mark.level), y2: floor }),
    svg("circle", { class: "mark what-if", cx: place, cy: y(mark.level), r: 5.5 }),
    svg("text", { class: "name over", y: floor - 6, ...anchor(place, width) }, `${say("what_if")} ${number(mark.level, units.digits)} ${units.level}`),
  ];
}
