// All plants: who loses most now, in a sentence, and a line for each.
import { get } from "./calls.js";
import { el, show } from "./elements.js";
import { buildSpark } from "./spark.js";
import { buildTools, isLosing, nameRegion } from "./tools.js";
import { age, energy, isKnown, money, say, share } from "./words.js";

const LATE_INTERVALS = 3;

export function isLate(now) {
  return now.age_s > LATE_INTERVALS * now.interval_h * 3600;
}

export function buildPlants() {
  const answer = el("p", { class: "answer", "aria-live": "polite" });
  const tools = buildTools(arrange);
  const list = el("div");
  const head = el("div", { class: "head" }, el("h1", { tabindex: "-1" }, say("all_plants")));
  const view = { element: el("div", {}, head, answer, tools.element, list), isFilled: false, refresh };
  const rows = new Map(); // of each plant, kept while it does not change, so that focus stays in it
  let plants = [];

  async function refresh() {
    ({ plants } = await get("now"));
    plants.sort((one, other) => (other.money_per_h ?? -1e9) - (one.money_per_h ?? -1e9));
    view.isFilled = true;
    const losing = plants.filter(isLosing);
    show(answer, [losing, plants.map(isLate)], () => writeAnswer(losing, plants));
    tools.fill(plants);
    arrange();
  }

  function arrange() {
    const shown = tools.choose(plants);
    const regions = tools.isGrouped() ? groupByRegion(shown) : [["", shown]];
    const wanted = regions.flatMap(([name, found]) => [name && buildRegion(name, found), ...found.map(findRow)]).filter(Boolean);
    if (wanted.length === list.childNodes.length && wanted.every((one, place) => one === list.childNodes[place])) return;
    const focused = document.activeElement;
    list.replaceChildren(...wanted);
    if (list.contains(focused)) focused.focus();
  }

  function findRow(now) {
    const key = JSON.stringify([{ ...now, age_s: null }, isLate(now) && age(now.age_s)]);
    if (rows.get(now.plant)?.key !== key) rows.set(now.plant, { key, element: buildRow(now) });
    return rows.get(now.plant).element;
  }
  return view;
}

// The regions of plants in the order in which they come, and those of none last.
function groupByRegion(plants) {
  const regions = new Map();
  plants.forEach((plant) => {
    const name = nameRegion(plant);
    regions.set(name, [...(regions.get(name) || []), plant]);
  });
  return [...regions].sort(([one], [other]) => (one === say("other_plants")) - (other === say("other_plants")));
}

// What a region amounts to: its plants, those above their best, and their money.
function buildRegion(name, plants) {
  const judged = plants.filter((plant) => isKnown(plant.gap_frac));
  const sum = (key, from) => from.reduce((total, plant) => total + plant[key], 0);
  const isPriced = judged.length > 0 && judged.every((plant) => isKnown(plant.money_per_h));
  const isCounted = plants.every((plant) => isKnown(plant.money_month));
  const parts = [
    say("in_region", { count: plants.length, losing: plants.filter(isLosing).length }),
    isPriced && say("money_an_hour", { money: money(sum("money_per_h", judged), judged[0].currency) }),
    isCounted && say("money_of_month", { money: money(sum("money_month", plants), plants[0].currency) }),
  ];
  return el("div", { class: "region" }, el("h2", {}, name), el("p", { class: "small" }, parts.filter(Boolean).join(" · ")));
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
    ? [el("strong", { class: now.gap_low_gj_per_h > 0 ? "cost" : "" }, `${energy(now.gap_gj_per_h, now, { signed: true })} ${now.rate_unit}`),
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
    buildSpark(now),
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
