// What if: sliders of load and set-points inside limits, drivers as numbers, and what the model says of them.
import { address, post } from "./calls.js";
import { drawCurve } from "./curve.js";
import { el, folded, table } from "./elements.js";
import { findLevelUnit, findRange } from "./ranges.js";
import { drawOnResize } from "./scale.js";
import { capital, convert, cost, energy, explain, isKnown, levelDigits, number, part, say, units as unitsOf, value } from "./words.js";

const LOADS = 60;
const WAIT_MS = 120;

export function buildWhatIf(plant, { refuse }) {
  const picture = el("div", { class: "chart" });
  const below = el("div");
  const lead = el("p", { class: "lead", role: "status" });
  const result = el("div", { class: "result" });
  const fields = el("div", { class: "sliders" });
  const reset = el("button", { type: "button", hidden: true, onclick: forget }, say("back_to_now"));
  const state = { now: null, card: null, values: {}, touched: new Map(), inputs: new Map(), shown: null };
  const draw = drawOnResize(picture, (width) => {
    const drawn = state.shown && drawCurve(width, state.shown);
    if (drawn) picture.replaceChildren(drawn);
  });
  let timer = 0;
  let turn = 0;
  let pending = null;

  async function update(now, card) {
    const key = JSON.stringify([now.hour, card.version, now.quantities]);
    if (key === state.key) return;
    Object.assign(state, { key, now, card, throughput: card.throughput });
    const given = new Map(now.quantities.map((quantity) => [quantity.column, quantity]));
    const join = (one) => {
      const quantity = given.get(one.column); // its label and unit are in the language of the page
      return { ...quantity, ...one, label: quantity?.label || one.column, unit: quantity?.unit ?? one.unit };
    };
    state.features = card.features.map(join);
    state.setpoints = card.setpoints.map(join);
    state.present = Object.fromEntries([...state.features, ...state.setpoints].map((one) => [one.column, one.now]));
    buildFields();
    await ask();
  }

  function buildFields() {
    const focused = document.activeElement?.id;
    state.inputs.clear();
    const isLoad = (one) => one.column === state.throughput;
    const sliders = [...state.features.filter(isLoad), ...state.setpoints].map(buildSlider);
    const drivers = state.features.filter((one) => !isLoad(one)).map(buildNumber);
    const isOpen = fields.querySelector("details")?.open;
    fields.replaceChildren(
      el("div", { class: "grid" }, sliders),
      el("details", { open: isOpen }, el("summary", {}, say("drivers")), el("div", { class: "drivers" }, drivers)),
      reset,
    );
    if (focused && fields.contains(document.getElementById(focused))) document.getElementById(focused).focus();
    showReset();
  }

  function read(one) {
    const chosen = state.touched.get(one.column);
    return isKnown(chosen) ? chosen : isKnown(one.now) ? one.now : (one.low + one.high) / 2;
  }

  function buildSlider(one) {
    const limits = findRange(one);
    const id = `if-${one.column}`;
    const input = el("input", { type: "range", id, min: limits.low, max: limits.high, step: limits.step });
    const output = el("output", { for: id });
    const write = () => {
      const text = value(read(one), one.unit, limits.digits);
      output.textContent = text;
      input.value = read(one);
      input.setAttribute("aria-valuetext", text);
    };
    input.addEventListener("input", () => {
      state.touched.set(one.column, Number(input.value));
      write();
      change();
    });
    state.inputs.set(one.column, write);
    write();
    const note = isKnown(one.now) ? say("now_value", { value: value(one.now, one.unit, limits.digits) }) : say("now_unknown");
    return el(
      "div",
      { class: "slider" },
      el("label", { for: id }, capital(one.label), one.unit && el("span", { class: "unseen" }, `, ${one.unit}`)),
      output,
      input,
      el("span", { class: "small" }, number(limits.low, limits.digits), " – ", number(limits.high, limits.digits), " · ", note),
    );
  }

  function buildNumber(one) {
    const limits = findRange(one);
    const id = `if-${one.column}`;
    const input = el("input", { type: "number", id, step: "any", inputmode: "decimal" });
    const write = () => {
      input.value = Number(read(one).toFixed(limits.digits));
    };
    input.addEventListener("input", () => {
      if (!isKnown(input.valueAsNumber)) return;
      state.touched.set(one.column, input.valueAsNumber);
      change();
    });
    state.inputs.set(one.column, write);
    write();
    const range = say("learnt_range", { low: number(one.low, limits.digits), high: number(one.high, limits.digits) });
    return el("div", { class: "driver" }, el("label", { for: id }, `${capital(one.label)}${one.unit ? `, ${one.unit}` : ""}`), input, el("span", { class: "small" }, range));
  }

  function change() {
    showReset();
    clearTimeout(timer);
    timer = setTimeout(() => ask().catch(refuse), WAIT_MS);
  }

  function showReset() {
    reset.hidden = state.touched.size === 0;
  }

  function forget() {
    state.touched.clear();
    for (const write of state.inputs.values()) write();
    fields.querySelector("input")?.focus();
    change();
  }

  async function ask() {
    const mine = ++turn;
    pending?.abort();
    pending = new AbortController();
    const pick = (list, values) => Object.fromEntries(list.map((one) => [one.column, values(one)]));
    const drivers = pick(state.features, read);
    const chosen = { ...drivers, ...pick(state.setpoints, read) };
    const present = pick([...state.features, ...state.setpoints], (one) => one.now);
    const isWhole = Object.values(present).every(isKnown);
    const load = state.features.find((one) => one.column === state.throughput);
    const loads = Array.from({ length: LOADS }, (_, index) => load.low + ((load.high - load.low) * index) / (LOADS - 1));
    const alike = loads.map((one) => ({ ...chosen, [state.throughput]: one }));
    const body = { rows: [chosen, ...(isWhole ? [present] : []), ...alike] };
    let answer;
    try {
      answer = await post(address(plant, "predict"), body, pending.signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.status === 401 || error.status === 0) throw error;
      tell(explain(error), { isDoubtful: true });
      result.replaceChildren();
      return;
    }
    if (mine !== turn) return;
    const [after, before] = [answer.rows[0], isWhole ? answer.rows[1] : null];
    Object.assign(after, { energy: findEnergy(before, after), load: chosen[state.throughput] });
    showCurve(loads, answer.rows.slice(isWhole ? 2 : 1), chosen, after);
    showResult(before, after);
  }

  // What the plant would take: what it takes now, and what the model says that the change makes. Without a judged hour
  // to start from, what the model expects.
  function findEnergy(before, after) {
    const { now } = state;
    const isAnchored = isKnown(now.gap_gj_per_h) && before && isKnown(before.expected_gj_per_h) && !before.is_outside_envelope;
    return isAnchored ? now.energy_gj_per_h + after.expected_gj_per_h - before.expected_gj_per_h : after.expected_gj_per_h;
  }

  function showCurve(loads, rows, chosen, after) {
    const { now } = state;
    const find = (amount, at) => convert(amount, now) / at;
    const points = rows.map((row, index) => ({
      load: loads[index],
      outside: row.is_outside_envelope,
      best: find(row.best_gj_per_h, loads[index]),
      typical: find(row.typical_gj_per_h, loads[index]),
      low: find(row.best_low_gj_per_h, loads[index]),
      high: find(row.best_high_gj_per_h, loads[index]),
    }));
    const load = state.present[state.throughput];
    const quantity = state.features.find((one) => one.column === state.throughput);
    const units = { load: quantity.unit, loadName: quantity.label, level: findLevelUnit(quantity.unit, now), digits: levelDigits(points.find((point) => isKnown(point.best))?.best) };
    const isShown = isKnown(load) && isKnown(now.energy_gj_per_h) && load > 0;
    const mark = isShown ? { load, level: find(now.energy_gj_per_h, load), best: find(now.best_gj_per_h, load), isLoss: now.gap_low_gj_per_h > 0 } : null;
    const isMoved = state.touched.size > 0 && !after.is_outside_envelope && isKnown(after.energy);
    const target = chosen[state.throughput];
    const whatIf = isMoved ? { load: target, level: find(after.energy, target) } : null;
    const label = mark ? say("curve_said", { now: number(mark.level, units.digits), best: number(mark.best, units.digits), unit: units.level, load: value(load, units.load) }) : say("curve");
    state.shown = { points, now: mark, whatIf, units, label };
    draw();
    const listed = points.filter((_, index) => index % 5 === 0 || index === points.length - 1);
    const isOpen = below.querySelector("details")?.open;
    const list = folded(say("as_table"), say("curve"), listPoints(listed, units));
    list.open = Boolean(isOpen);
    below.replaceChildren(el("p", { class: "small" }, say("curve_what")), list);
  }

  function listPoints(points, units) {
    const headings = [`${units.loadName}, ${units.load}`, `${say("best")}, ${units.level}`, say("between"), `${say("typical")}, ${units.level}`];
    const rows = points.map((point) =>
      point.outside
        ? [number(point.load, 1), say("unknown"), "–", "–"]
        : [number(point.load, 1), number(point.best, units.digits), `${number(point.low, units.digits)} – ${number(point.high, units.digits)}`, number(point.typical, units.digits)],
    );
    return table(say("curve"), headings, rows);
  }

  function tell(text, { isDoubtful }) {
    lead.textContent = text;
    lead.className = isDoubtful ? "lead look" : "lead";
  }

  function showResult(before, after) {
    const isMoved = state.touched.size > 0;
    if (after.is_outside_envelope || !isKnown(after.best_gj_per_h)) {
      tell(say("outside"), { isDoubtful: true });
      result.replaceChildren();
      return;
    }
    const { now } = state;
    const isJudged = isKnown(now.gap_gj_per_h);
    const saved = isJudged && before && isKnown(before.expected_gj_per_h) ? now.energy_gj_per_h - after.energy : null;
    const gap = after.energy - after.best_gj_per_h;
    const isOtherLoad = state.touched.has(state.throughput) && after.load !== state.present[state.throughput];
    const change = () => (isOtherLoad ? writeLoad(after, gap) : writeChange(saved));
    tell(isMoved ? change() : say("move_a_slider"), { isDoubtful: false });
    const write = (size, how) => part(size, now, how);
    const rows = [
      [`${say("energy")}, ${now.rate_unit}`, write(isJudged ? now.energy_gj_per_h : null), write(after.energy)],
      [`${say("best")}, ${now.rate_unit}`, write(isJudged ? now.best_gj_per_h : null), write(after.best_gj_per_h)],
      [`${say("gap")}, ${now.rate_unit}`, write(now.gap_gj_per_h, { signed: true }), write(gap, { signed: true })],
      [say("cost_an_hour"), cost(now.gap_gj_per_h, now), cost(gap, now)],
    ];
    const note = isJudged ? say("energy_what") : say("energy_alone");
    result.replaceChildren(
      table(say("what_if"), ["", say("now"), say("what_if")], rows, { className: "compare" }),
      el("p", { class: "small" }, note),
    );
  }

  // Less energy at less load is no saving: what counts there is energy per tonne, and the gap.
  function writeLoad(after, gap) {
    const unit = state.features.find((one) => one.column === state.throughput).unit;
    const { now } = state;
    const level = convert(after.energy, now) / after.load;
    const shown = { level: number(level, levelDigits(level)), unit: findLevelUnit(unit, now) };
    const places = { ...unitsOf(now), ...shown, load: value(after.load, unit), energy: part(after.energy, now) };
    return say("at_load", { ...places, gap: energy(gap, now, { signed: true }), money: cost(gap, now) });
  }

  function writeChange(saved) {
    if (!isKnown(saved)) return say("what_if_only");
    const { now } = state;
    const places = { ...unitsOf(now), size: energy(Math.abs(saved), now), money: cost(Math.abs(saved), now) };
    if (Number(Math.abs(convert(saved, now)).toFixed(now.energy_digits)) === 0) return say("no_change");
    return saved > 0 ? say("takes_less", places) : say("takes_more", places);
  }

  return { chart: el("div", {}, picture, below), controls: el("div", { class: "controls" }, lead, result, fields), update };
}
