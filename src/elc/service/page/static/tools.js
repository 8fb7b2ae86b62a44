// What narrows and sorts the list of many plants; few are seen at a glance, and need none of it.
import { el } from "./elements.js";
import { capital, isKnown, say, spoken } from "./words.js";

const MANY = 8;

// How the list can be sorted: numbers from the largest, what is not known last.
const ORDERS = {
  by_money: (plant) => plant.money_per_h,
  by_gap: (plant) => plant.gap_frac,
  by_month: (plant) => plant.money_month,
  by_hour: (plant) => (plant.hour_end ? Date.parse(plant.hour_end) : null),
  by_name: (plant) => plant.name,
};

export function isLosing(plant) {
  return plant.gap_low_gj_per_h > 0;
}

export function nameRegion({ region }) {
  return region ? capital(region.replaceAll("_", " ")) : say("other_plants");
}

// Losing for sure, without an hour, or with data or a model that are not to be believed.
function isWrong(plant) {
  const { data, model } = plant.health || {};
  return isLosing(plant) || !plant.has_hour || data?.is !== "sound" || model?.is !== "ok";
}

// Letters as they are searched: without accents, in small ones.
function simplify(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function compare(one, other) {
  if (typeof one === "string") return one.localeCompare(other, spoken(), { numeric: true });
  if (!isKnown(one) || !isKnown(other)) return isKnown(other) - isKnown(one);
  return other - one;
}

export function buildTools(onChange) {
  const search = el("input", { type: "search", autocomplete: "off", oninput: onChange });
  const region = el("select", { oninput: onChange });
  const order = el("select", { oninput: onChange }, Object.keys(ORDERS).map((key) => el("option", { value: key }, say(key))));
  const wrong = el("input", { type: "checkbox", oninput: onChange });
  const count = el("span");
  const status = el("p", { class: "small", role: "status" });
  const regionLabel = el("label", {}, say("region"), region);
  const element = el(
    "div",
    { class: "tools", role: "search", hidden: true },
    el("label", {}, say("search"), search),
    regionLabel,
    el("label", {}, say("sort_by"), order),
    el("label", { class: "check" }, wrong, count),
    status,
  );

  // Offer what these plants can be narrowed by; what was chosen stays.
  function fill(plants) {
    element.hidden = plants.length < MANY;
    const names = plants.some((plant) => plant.region) ? [...new Set(plants.map(nameRegion))].sort() : [];
    regionLabel.hidden = !names.length;
    const offered = [...region.options].slice(1).map((option) => option.value);
    if (JSON.stringify(offered) !== JSON.stringify(names)) {
      const chosen = region.value;
      region.replaceChildren(el("option", { value: "" }, say("all")), ...names.map((name) => el("option", { value: name }, name)));
      region.value = names.includes(chosen) ? chosen : "";
    }
    count.textContent = say("only_wrong", { count: plants.filter(isWrong).length });
  }

  function choose(plants) {
    if (element.hidden) return plants;
    const words = simplify(search.value).split(/\s+/);
    const isAsked = (plant) =>
      words.every((word) => simplify(`${plant.name} ${nameRegion(plant)} ${plant.state_text || ""}`).includes(word)) &&
      (!region.value || nameRegion(plant) === region.value) &&
      (!wrong.checked || isWrong(plant));
    const shown = plants.filter(isAsked);
    status.textContent = say("shown_of", { shown: shown.length, count: plants.length });
    const key = ORDERS[order.value];
    return shown.sort((one, other) => compare(key(one), key(other)));
  }

  return { element, fill, choose, isGrouped: () => !element.hidden && !regionLabel.hidden };
}
