// What to do: each move with what it saves, and the operator's answer to it.
import { address, post } from "./calls.js";
import { el } from "./elements.js";
import { capital, cost, explain, isKnown, number, part, say, time, units, value } from "./words.js";

export function buildMoves(now, context) {
  if (!now.moves.length) return el("p", {}, now.advice);
  const can = context.rights.includes("acknowledge");
  return [
    el("ol", { class: "moves" }, now.moves.map((move) => buildMove(move, now, { ...context, can }))),
    el("p", {}, writeTotal(now)),
    isKnown(now.precedents) && el("p", { class: "small" }, say("precedents", { count: number(now.precedents, 0) })),
    !can && el("p", { class: "small" }, say("may_not_answer")),
  ];
}

function writeTotal(now) {
  const write = (size) => part(size, now);
  return say("together", {
    ...units(now),
    saving: write(now.total_gj_per_h),
    low: write(now.total_low_gj_per_h),
    high: write(now.total_high_gj_per_h),
    money: cost(now.total_gj_per_h, now),
  });
}

function buildMove(move, now, context) {
  const places = { setpoint: move.label, start: value(move.now), end: value(move.to, move.unit) };
  const text = move.to > move.now ? say("raise", places) : say("lower", places);
  const write = (size) => part(size, now);
  const saving = { ...units(now), saving: write(move.saving_gj_per_h), low: write(move.low_gj_per_h), high: write(move.high_gj_per_h) };
  const answers = el("div", { class: "answers" });
  if (move.answered) showAnswered(answers, move, now, context);
  else if (context.can) showChoice(answers, move, now, context);
  return el(
    "li",
    {},
    el("p", { class: "move" }, el("strong", {}, capital(text))),
    el("p", { class: "small" }, move.saving_gj_per_h ? say("saves", saving) : say("moves_along"),
      isKnown(move.near_limit) && ` ${say("near", { limit: value(move.near_limit, move.unit) })}`),
    answers,
  );
}

function showAnswered(place, move, now, context) {
  const { answer, why, hour } = move.answered;
  const word = answer === "followed" ? say("followed") : answer === "not_possible" ? say("not_possible") : answer;
  const when = time(hour, now.time_zone, { weekday: "short", hour: "2-digit", minute: "2-digit" });
  const text = say("answered", { answer: word, time: when });
  const change = () => showChoice(place, move, now, context, { focus: true });
  place.replaceChildren(
    el("p", { class: "answered", tabindex: "-1" },
      el("strong", { class: answer === "followed" ? "good" : "look" }, text), why && `: ${why}`),
    ...(context.can ? [el("button", { type: "button", onclick: change, "aria-label": `${say("change")}: ${move.label}` }, say("change"))] : []),
  );
}

function showChoice(place, move, now, context, { focus = false } = {}) {
  const button = (key, act) =>
    el("button", { type: "button", onclick: act, "aria-label": `${say(key)}: ${move.label}` }, say(key));
  const followed = button("followed", () => send(place, move, now, context, "followed", ""));
  const impossible = button("not_possible", () => showWhy(place, move, now, context));
  place.replaceChildren(followed, impossible);
  if (focus) followed.focus();
}

function showWhy(place, move, now, context) {
  const id = `why-${move.setpoint}`;
  const field = el("input", { id, type: "text", maxlength: "500", required: true, autocomplete: "off" });
  const back = () => showChoice(place, move, now, context, { focus: true });
  const submit = (event) => {
    event.preventDefault();
    field.value = field.value.trim();
    if (field.reportValidity()) send(place, move, now, context, "not_possible", field.value);
  };
  const keys = (event) => event.key === "Escape" && back();
  place.replaceChildren(
    el("form", { class: "why", onsubmit: submit, onkeydown: keys },
      el("label", { for: id }, say("why")), field,
      el("button", { type: "submit", class: "first" }, say("save")),
      el("button", { type: "button", onclick: back }, say("cancel"))),
  );
  field.focus();
}

async function send(place, move, now, context, answer, why) {
  const given = { hour: now.hour, setpoint: move.setpoint, answer, why };
  const list = place.closest("ol").parentElement;
  try {
    context.onAnswered(await post(address(context.plant, "answers"), given));
    const index = now.moves.findIndex((one) => one.setpoint === move.setpoint);
    list.querySelectorAll(".moves > li")[index]?.querySelector(".answered")?.focus();
  } catch (error) {
    if (error.status === 401) return context.refuse(error);
    place.querySelector("[role=alert]")?.remove();
    place.append(el("p", { role: "alert", class: "cost" }, explain(error)));
  }
}
