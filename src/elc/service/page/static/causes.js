// Where the gap comes from: a bar for each set-point, the largest first, and what no set-point explains.
import { el } from "./elements.js";
import { capital, isKnown, number, say, value } from "./words.js";

const SMALL = 0.05; // shows as 0.0
const SHOWN = 5;

export function buildCauses(now) {
  if (!isKnown(now.gap_gj_per_h)) return el("p", {}, say("no_gap", { reason: now.no_gap_reason }));
  const known = now.causes.filter((cause) => Math.abs(cause.share_gj_per_h) >= SMALL);
  if (!known.length) return el("p", {}, say("no_causes"));
  const rest = { label: say("unexplained"), share_gj_per_h: now.unexplained_gj_per_h, isRest: true };
  const widest = Math.max(...[...known, rest].map((cause) => Math.abs(cause.share_gj_per_h || 0)));
  const shown = known.slice(0, SHOWN);
  const more = known.slice(SHOWN);
  return [
    el("ul", { class: "causes" }, shown.map((cause) => buildCause(cause, widest))),
    more.length
      ? el("details", {}, el("summary", {}, say("more", { count: more.length })),
          el("ul", { class: "causes" }, more.map((cause) => buildCause(cause, widest))))
      : null,
    isKnown(rest.share_gj_per_h) && el("ul", { class: "causes" }, buildCause(rest, widest)),
    el("p", { class: "small" }, say("causes_what", { gap: number(now.gap_gj_per_h, 1) })),
  ];
}

function buildCause(cause, widest) {
  const bar = el("span", { class: cause.isRest ? "bar rest" : cause.share_gj_per_h > 0 ? "bar loss" : "bar gain", "aria-hidden": "true" });
  bar.style.width = `${(100 * Math.abs(cause.share_gj_per_h)) / widest}%`;
  const places = { now: value(cause.now), best: value(cause.best_practice, cause.unit) };
  const note = isKnown(cause.now) ? say("now_and_best", places) : "";
  return el(
    "li",
    {},
    el("span", { class: "cause-name" }, capital(cause.label), note && el("span", { class: "small" }, note)),
    el("span", { class: "cause-bar" }, bar),
    el("span", { class: "cause-size" }, number(cause.share_gj_per_h, 1, { signed: true }), el("span", { class: "unseen" }, " GJ/h")),
  );
}
