// Where the gap comes from: a bar for each set-point, the largest first, and what is no set-point's.
import { el } from "./elements.js";
import { capital, convert, isKnown, part, say, units, value } from "./words.js";

const SHOWN = 5;

export function buildCauses(now) {
  if (!isKnown(now.gap_gj_per_h)) return el("p", {}, say("no_gap", { reason: now.no_gap_reason }));
  const isShown = ({ share_gj_per_h: share }) => isKnown(share) && Number(Math.abs(convert(share, now)).toFixed(now.energy_digits)) > 0;
  const known = now.causes.filter(isShown);
  const rest = [
    { label: say("condition"), share_gj_per_h: now.condition_gj_per_h, isRest: true },
    { label: say("good_hours"), share_gj_per_h: now.good_hours_gj_per_h, isRest: true },
    { label: say("unexplained"), share_gj_per_h: now.unexplained_gj_per_h, isRest: true },
  ].filter(isShown);
  if (!known.length && !rest.length) return el("p", {}, say("no_causes"));
  const widest = Math.max(...[...known, ...rest].map((one) => Math.abs(one.share_gj_per_h)));
  const build = (cause) => buildCause(cause, widest, now);
  const shown = known.slice(0, SHOWN);
  const more = known.slice(SHOWN);
  return [
    el("ul", { class: "causes" }, shown.map(build)),
    more.length
      ? el("details", {}, el("summary", {}, more.length === 1 ? say("one_more") : say("more", { count: more.length })),
          el("ul", { class: "causes" }, more.map(build)))
      : null,
    rest.length ? el("ul", { class: "causes" }, rest.map(build)) : null,
    el("p", { class: "small" }, say("causes_what", { gap: part(now.gap_gj_per_h, now), ...units(now) })),
  ];
}

function buildCause(cause, widest, now) {
  const bar = el("span", { class: cause.isRest ? "bar rest" : cause.share_gj_per_h > 0 ? "bar loss" : "bar gain", "aria-hidden": "true" });
  bar.style.width = `${(100 * Math.abs(cause.share_gj_per_h)) / widest}%`;
  const places = { now: value(cause.now), best: value(cause.best_practice, cause.unit) };
  const note = isKnown(cause.now) ? say("now_and_best", places) : "";
  return el(
    "li",
    {},
    el("span", { class: "cause-name" }, capital(cause.label), note && el("span", { class: "small" }, note)),
    el("span", { class: "cause-bar" }, bar),
    el("span", { class: "cause-size" }, part(cause.share_gj_per_h, now, { signed: true }), el("span", { class: "unseen" }, ` ${now.rate_unit}`)),
  );
}
