// All plants: who loses most now, in a sentence, and a line for each.
import { get } from "./calls.js";
import { el, show } from "./elements.js";
import { age, energy, isKnown, money, say, share } from "./words.js";

const LATE_INTERVALS = 3;

export function isLate(now) {
  return now.age_s > LATE_INTERVALS * now.interval_h * 3600;
}

export function buildPlants() {
  const answer = el("p", { class: "answer", "aria-live": "polite" });
  const list = el("div");
  const element = el("div", {}, el("div", { class: "head" }, el("h1", { tabindex: "-1" }, say("all_plants"))), answer, list);
  const view = { element, isFilled: false, refresh };

  async function refresh() {
    const { plants } = await get("/now");
    plants.sort((one, other) => (other.money_per_h ?? -1e9) - (one.money_per_h ?? -1e9));
    view.isFilled = true;
    const losing = plants.filter((plant) => plant.gap_low_gj_per_h > 0);
    show(answer, [losing, plants.map(isLate)], () => writeAnswer(losing, plants));
    show(list, plants, () => plants.map(buildRow));
  }
  return view;
}

function writeAnswer(losing, plants) {
  if (!plants.length) return say("no_plants");
  if (!losing.length) return plants.some(isLate) ? say("none_lost") : say("none_loses");
  const isPast = losing.some(isLate);
  const isPriced = losing.every((plant) => isKnown(plant.money_per_h));
  const total = isPriced ? losing.reduce((sum, plant) => sum + plant.money_per_h, 0) : null;
  const [plant, count] = [losing[0].name, losing.length];
  const one = () => (isPast ? say("one_lost", { plant }) : say("one_loses", { plant }));
  const some = () => (isPast ? say("some_lost", { count }) : say("some_lose", { count }));
  const text = count === 1 ? one() : some();
  return [text, " ", el("span", { class: "cost" }, say("money_an_hour", { money: money(total, losing[0].currency) })), "."];
}

function buildRow(now) {
  const gap = isKnown(now.gap_gj_per_h)
    ? [el("strong", { class: now.gap_low_gj_per_h > 0 ? "cost" : "" }, `${energy(now.gap_gj_per_h, now.energy_digits, { signed: true })} GJ/h`),
       ` · ${share(now.gap_frac)} · ${money(now.money_per_h, now.currency)}/h`]
    : [now.has_hour ? say("no_gap", { reason: now.no_gap_reason }) : now.answer];
  const health = now.health
    ? ["data", "model"].map((name) => [` · ${say(name)} `, buildHealth(now.health[name])])
    : [];
  const meta = now.has_hour ? [now.hour_text, " · ", now.state_text, ...health] : [];
  return el(
    "article",
    { class: "plant-row" },
    el("h2", {}, el("a", { href: `#/${now.plant}` }, now.name)),
    el("p", {}, gap),
    el("p", { class: "small" }, meta),
    isLate(now) && buildLate(now, "small look", say("late_short", { age: age(now.age_s) })),
  );
}

// A simulated plant's data end by design: that calls for nothing.
export function buildLate(now, mark, text) {
  return now.is_simulated ? el("p", { class: "small" }, say("simulated")) : el("p", { class: mark }, text);
}

export function buildHealth(health) {
  return el("span", { class: ["sound", "ok"].includes(health.is) ? "good" : "look" }, health.text);
}
