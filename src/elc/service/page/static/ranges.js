// Ranges of sliders, and the unit of specific energy.
import { roundStep } from "./scale.js";
import { isKnown } from "./words.js";

// Where a slider may go: what the model has learnt from, inside the limits of the tag list, in round steps.
export function findRange(one) {
  const low = Math.max(one.low, isKnown(one.limit_low) ? one.limit_low : -Infinity);
  const high = Math.min(one.high, isKnown(one.limit_high) ? one.limit_high : Infinity);
  const step = roundStep(high - low || 1, 200);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const round = (amount) => Number(amount.toFixed(digits));
  return { low: round(Math.ceil(low / step - 1e-9) * step), high: round(Math.floor(high / step + 1e-9) * step), step: round(step), digits };
}

export function findLevelUnit(unit, now) {
  return `${now.energy_unit}/${unit === "MW" ? "MWh" : unit.replace(/\/h$/, "")}`;
}
