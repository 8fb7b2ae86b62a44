// One plant: the answer, what to do, where the gap comes from, the curve, what if, and the week.
import { address, get } from "./calls.js";
import { buildCauses } from "./causes.js";
import { el, show } from "./elements.js";
import { buildMoves } from "./moves.js";
import { buildHealth, buildLate, isLate } from "./plants.js";
import { buildWeek } from "./week.js";
import { buildWhatIf } from "./whatif.js";
import { age, amount, money, say, spoken } from "./words.js";

export function buildPlant(plant, { rights, refuse, retell }) {
  const heading = el("h1", { tabindex: "-1" }, plant);
  const meta = el("p", { class: "meta" });
  const late = el("div", { role: "status" });
  const answer = el("p", { class: "answer", "aria-live": "polite", "aria-atomic": "true" });
  const [advice, causes, week, facts, notes] = Array.from({ length: 5 }, () => el("div"));
  const whatIf = buildWhatIf(plant, { refuse });
  const part = (name, ...children) =>
    el("section", { "aria-labelledby": name }, el("h2", { id: name }, say(name)), ...children);
  const body = el(
    "div",
    { hidden: true },
    el("div", { class: "two" }, part("to_do", advice), part("causes", causes)),
    el("div", { class: "two sticky" }, part("curve", whatIf.chart), part("what_if", whatIf.controls)),
    el("div", { class: "two" }, part("week", week), part("facts", facts)),
  );
  const element = el("div", {}, el("div", { class: "head" }, heading, meta), late, notes, answer, body);
  const view = { element, isFilled: false, refresh };
  let card = null;
  let latest = 0;

  async function refresh(changed) {
    if (changed !== null && changed !== plant) return;
    const turn = ++latest;
    const now = await get(address(plant, "now"));
    if (turn !== latest) return;
    if (now.language !== spoken()) {
      await retell(now.language);
      return;
    }
    apply(now);
    if (now.has_hour) {
      card = await get(address(plant, "card"));
      if (turn === latest) await whatIf.update(now, card);
    }
  }

  function apply(now) {
    view.isFilled = true;
    heading.textContent = now.name;
    show(late, isLate(now) && age(now.age_s), () => isLate(now) && buildLate(now, "notice", say("late", { age: age(now.age_s) })));
    show(notes, [now.notes, now.alerts], () => writeNotes(now));
    show(answer, [now.answer, now.answer_phrase], () => writeAnswer(now));
    body.hidden = !now.has_hour;
    if (!now.has_hour) return;
    show(meta, [now.hour_text, now.state_text, now.version_text, now.health], () => writeMeta(now));
    show(advice, [now.hour, now.moves, now.advice, now.outcome], () => buildMoves(now, { plant, rights, refuse, onAnswered: apply }));
    show(causes, [now.causes, now.condition_gj_per_h, now.good_hours_gj_per_h, now.unexplained_gj_per_h, now.gap_gj_per_h, now.no_gap_reason], () => buildCauses(now));
    show(week, now.week, () => buildWeek(now));
    show(facts, [now.hour, now.health, now.recommendation, now.outcome], () => writeFacts(now));
  }
  return view;
}

function writeNotes(now) {
  const lines = [...(now.has_hour ? now.notes : []), ...(now.alerts || []).map((one) => `${one.sentence} ${one.advice}`)];
  return lines.length ? el("ul", { class: "notes" }, lines.map((line) => el("li", {}, line))) : null;
}

function writeAnswer(now) {
  const at = now.answer_phrase ? now.answer.indexOf(now.answer_phrase) : -1;
  if (at < 0) return now.answer;
  const mark = el("span", { class: now.answer_kind }, now.answer_phrase);
  return [now.answer.slice(0, at), mark, now.answer.slice(at + now.answer_phrase.length)];
}

function writeMeta(now) {
  const { data, model } = now.health;
  const words = [now.hour_text, now.state_text, say("version", { version: now.version_text })];
  return [words.join(" · "), ` · ${say("data")} `, buildHealth(data), ` · ${say("model")} `, buildHealth(model)];
}

function writeFacts(now) {
  const rows = [
    [say("takes"), amount(now.energy_gj_per_h, now)],
    [say("best"), amount(now.best_gj_per_h, now)],
    [say("typical"), amount(now.typical_gj_per_h, now)],
    [say("gap_day"), amount(now.gap_gj_24h, now, now.energy_unit)],
    [say("money_month"), money(now.money_month, now.currency)],
  ];
  const list = rows.map(([name, text]) => el("div", {}, el("dt", {}, name), el("dd", {}, text)));
  return [el("dl", {}, list), el("p", { class: "small" }, now.recommendation), el("p", { class: "small" }, now.outcome)];
}
