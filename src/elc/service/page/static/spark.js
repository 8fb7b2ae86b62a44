// The gap of a plant's last seven days as a small picture, with the limit as a dashed line.
import { el, svg } from "./elements.js";
import { isKnown, say, share } from "./words.js";

const HEIGHT = 28;
const HEADROOM = 1.3; // of the limit: what is shown at least, so that a plant at its best looks like one

export function buildSpark({ spark, max_gap_frac: limit }) {
  const known = (spark || []).filter(isKnown);
  if (!known.length) return el("span", { class: "spark" });
  const [low, high] = [Math.min(0, ...known), Math.max(HEADROOM * limit, ...known)];
  const y = (gap) => Math.round(((high - gap) / (high - low)) * HEIGHT);
  const draw = (isIn) => spark.map((gap, place) => (isKnown(gap) && isIn(gap) ? `M${place} ${y(0)}V${y(gap)}` : "")).join("");
  const mean = known.reduce((sum, gap) => sum + gap, 0) / known.length;
  return svg(
    "svg",
    { class: "spark", viewBox: `-.5 0 ${spark.length} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": say("spark_said", { mean: share(mean) }) },
    svg("path", { class: "over", d: draw((gap) => gap > limit) }),
    svg("path", { class: "under", d: draw((gap) => gap >= 0 && gap <= limit) }),
    svg("path", { class: "saved", d: draw((gap) => gap < 0) }),
    svg("path", { class: "limit", d: `M-.5 ${y(limit)}H${spark.length}` }),
  );
}
