// The gap of the last seven days, hour by hour, and day by day as a table.
import { el, folded, svg, table } from "./elements.js";
import { drawOnResize, listTicks, scale } from "./scale.js";
import { convert, isKnown, number, say, time, units } from "./words.js";

const EDGE = { left: 34, right: 4, top: 18, bottom: 24 };
const HEIGHT = 170;

export function buildWeek(now) {
  const { time: times, gap_gj_per_h: gaps, gap_low_gj_per_h: lows } = now.week;
  const hours = times.map((start, index) => ({
    gap: convert(gaps[index], now),
    isReal: lows[index] > 0,
    day: time(start, now.time_zone, { weekday: "short", day: "numeric" }),
  }));
  if (!hours.some((hour) => isKnown(hour.gap))) return el("p", {}, say("no_week"));
  const place = el("div", { class: "chart" });
  const draw = drawOnResize(place, (width) => place.replaceChildren(drawWeek(width, hours, now)));
  requestAnimationFrame(draw);
  return [place, el("p", { class: "small" }, say("week_what")), folded(say("as_table"), say("week"), listDays(hours, now))];
}

function drawWeek(width, hours, now) {
  const known = hours.map((hour) => hour.gap).filter(isKnown);
  const [low, high] = [Math.min(0, ...known), Math.max(10 ** -now.energy_digits, ...known)];
  const x = scale(0, hours.length, EDGE.left, width - EDGE.right);
  const y = scale(low, high, HEIGHT - EDGE.bottom, EDGE.top);
  const { ticks, digits } = listTicks(low, high, 4);
  const size = Math.max(1, x(1) - x(0) - (width > 500 ? 1 : 0.4));
  const bars = hours.map((hour, index) => {
    if (!isKnown(hour.gap)) {
      return svg("rect", { class: "unjudged", x: x(index), y: EDGE.top, width: x(1) - x(0) + 0.2, height: HEIGHT - EDGE.top - EDGE.bottom });
    }
    const [top, bottom] = [y(Math.max(0, hour.gap)), y(Math.min(0, hour.gap))];
    return svg("rect", { class: hour.isReal ? "loss" : "unsure", x: x(index), y: top, width: size, height: Math.max(0.5, bottom - top) });
  });
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: "img", "aria-label": say("week"), class: "week" },
    svg("text", { x: EDGE.left - 5, y: 11, "text-anchor": "end" }, now.rate_unit),
    ...ticks.map((tick) => [
      svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(tick), y2: y(tick) }),
      svg("text", { x: EDGE.left - 5, y: y(tick) + 4, "text-anchor": "end" }, number(tick, digits)),
    ]),
    bars,
    drawDays(hours, x, width),
    svg("line", { class: "axis", x1: EDGE.left, x2: width - EDGE.right, y1: y(0), y2: y(0) }),
  );
}

function groupDays(hours) {
  const days = new Map();
  hours.forEach((hour, index) => days.set(hour.day, [...(days.get(hour.day) || []), { ...hour, index }]));
  return [...days].filter(([, found]) => found.length);
}

function drawDays(hours, x, width) {
  const days = groupDays(hours).filter(([, found]) => x(found.length) - x(0) > 26);
  const every = width < 420 ? 2 : 1;
  return days.map(([day, found], index) => {
    const middle = x(found[0].index + found.length / 2);
    return [
      found[0].index > 0 && svg("line", { class: "grid", x1: x(found[0].index), x2: x(found[0].index), y1: EDGE.top, y2: HEIGHT - EDGE.bottom }),
      index % every === 0 && svg("text", { x: middle, y: HEIGHT - 7, "text-anchor": "middle" }, day),
    ];
  });
}

function listDays(hours, now) {
  const rows = groupDays(hours).map(([day, found]) => {
    const known = found.map((hour) => hour.gap).filter(isKnown);
    const sum = known.reduce((before, gap) => before + gap, 0);
    const mean = known.length ? sum / known.length : null;
    const digits = now.energy_digits;
    const total = known.length ? sum * now.interval_h : null;
    return [day, number(mean, digits), number(total, Math.max(0, digits - 1)), `${known.length} / ${found.length}`];
  });
  return table(say("week"), [say("day"), say("mean_gap", units(now)), say("gap_gj", units(now)), say("judged")], rows);
}
