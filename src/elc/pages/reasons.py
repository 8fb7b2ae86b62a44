"""Reasons in sentences: why an hour is outside the envelope, has no gap, no explanation, or cannot be judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from elc.fields import AGE, ENERGY
from elc.findings import Reason
from elc.pages.labels import say_label, say_name, say_sign, say_value
from elc.pages.language import (
    escape,
    format_energy,
    format_number,
    format_share,
    format_short_time,
    say,
    say_list,
    say_state,
)

Values = Mapping[str, Any]


def say_reason(reason: Reason) -> str:
    """Say a reason: the part of a sentence that stands after a colon, or a sentence of an explanation's own."""
    return SENTENCES[reason.name](reason.values)


def say_reasons(reasons: Iterable[Reason]) -> str:
    """Say several reasons as one: `a, b and c`; empty without one."""
    return say_list([say_reason(reason) for reason in reasons])


def write_state(state: str) -> str:
    """Write the state of a plant; of one that is unknown, why."""
    return say("without enough load readings") if state == "unknown" else say_state(state)


def _say_missing(values: Values) -> str:
    columns = values["columns"]
    labels = [say("days since the turnaround") if name == AGE else say_label(name) for name in columns]
    if len(columns) == 1 and columns != [AGE]:
        return say("{columns} is missing", columns=labels[0])
    return say("{columns} are missing", columns=say_list(labels))


def _say_range(values: Values) -> str:
    column, value, low, high = (values[name] for name in ("column", "value", "low", "high"))
    is_above = value > values["most"]
    if column == AGE:
        days = {"age": value, **{name: values[name] for name in ("least", "most", "low", "high")}}
        return say(
            "{age} days since the turnaround are beyond the {least} to {most} days that the curve may be extended to "
            "from the {low} to {high} days of the training hours",
            **{name: format_number(number, 0) for name, number in days.items()},
        )
    unit = say_sign(column)
    digits = _find_digits(value, high if is_above else low)
    shown, least, most = (format_number(number, digits) for number in (value, low, high))
    spaced = f" {unit}" if unit else ""
    seen = say("{low} to {high}", low=least, high=most) if low < high else least
    places = {"column": say_label(column), "value": shown + spaced, "range": seen + spaced}
    if is_above:
        return say("{column} {value} is above the {range} of the training hours", **places)
    return say("{column} {value} is below the {range} of the training hours", **places)


def _find_digits(value: float, bound: float) -> int:
    """Find the digits that the size of a bound deserves, and more where the value would read the same."""
    size = abs(bound)
    least = 2 if size < 10 else 1 if size < 100 else 0
    return next((digits for digits in range(least, 9) if f"{value:.{digits}f}" != f"{bound:.{digits}f}"), 9)


def _say_combination(values: Values) -> str:
    words = [f"{say_label(name)} {say_value(value, name, with_unit=True)}" for name, value in values["values"].items()]
    far = format_number(values["ratio"], 2 if values["ratio"] < 1.1 else 1)
    if len(words) == 1:
        return say(
            "{value}, which the training hours did not show ({far} times as far from them as hours of an unseen week)",
            value=words[0],
            far=far,
        )
    return say(
        "a combination of {values} that the training hours did not show ({far} times as far from them as hours of an "
        "unseen week)",
        values=say_list(words),
        far=far,
    )


def _say_outside(values: Values) -> str:
    return "; ".join(say_reason(reason) for reason in values["reasons"])


def _say_unread(values: Values) -> str:
    names = [say("energy") if column == ENERGY else say_label(column) for column in values["columns"]]
    return say("no valid reading of {columns}", columns=", ".join(names))


def _say_figures(values: Values) -> str:
    bias, limit = values["bias_gj_per_h"], values["limit_gj_per_h"]
    return say(
        "over {days} days energy is {bias} {rate_unit} off typical (limit ±{limit}) and {below} of the intervals lie "
        "below best (limit {most}; 10 % are meant to)",
        days=values["days"],
        bias=format_energy(bias, size=values["size_gj_per_h"], is_signed=True),
        limit=format_energy(limit, size=values["size_gj_per_h"]),
        below=format_share(values["below_frac"], 0),
        most=format_share(values["most_frac"], 0),
    )


SENTENCES: dict[str, Callable[[Values], str]] = {
    # why an hour is outside the envelope
    "feature_missing": _say_missing,
    "range_left": _say_range,
    "combination_new": _say_combination,
    # why an hour has no gap
    "outside": _say_outside,
    "clock_back": lambda _: say("the clock went back, and readings of the hour shown twice cannot be told apart"),
    "not_steady": lambda values: say(
        "{state} since {time}", state=write_state(values["state"]), time=format_short_time(values["since"])
    ),
    "unread": _say_unread,
    "no_turnaround": lambda _: say("no turnaround before it is known"),
    # why a plant, or its model, cannot be judged; what the model was judged by
    "no_baseline": lambda _: say("the model package holds no baseline (quality.json); train the plant again"),
    "columns_lacking": lambda values: say(
        "the hourly table gives no {columns}, which the model needs", columns=", ".join(values["columns"])
    ),
    "columns_silent": lambda values: say(
        "no valid value of {columns} in {days} days", columns=", ".join(values["columns"]), days=values["days"]
    ),
    "never_steady": lambda values: say("the plant did not run steadily in {days} days", days=values["days"]),
    "no_whole_day": lambda values: say(
        "no whole day in the last {days} days is judged and later than the hours that the version was trained on",
        days=values["days"],
    ),
    "figures": _say_figures,
    "history_short": lambda values: say(
        "the limits of its errors need {least} weeks of running hours, and it was trained on {weeks}",
        least=values["least"],
        weeks=values["weeks"],
    ),
    "ranking_short": lambda values: say(
        "No ranking is compared: that needs {least} weeks of running hours, and the model was trained on {weeks}.",
        least=values["least"],
        weeks=values["weeks"],
    ),
    # why an hour has no explanation
    "columns_unknown": lambda values: say(
        "The model asks for columns that the hourly table does not hold: {names}.",
        names=", ".join(map(escape, values["columns"])),
    ),
    "no_setpoints": lambda _: say("The model knows no set-point that a gap could come from."),
    "hour_not_steady": lambda _: say("The plant does not run steadily."),
    "hour_without_energy": lambda _: say("The energy of the hour is unknown."),
    "hour_unlike": lambda values: say(
        "The hour is unlike those that the model knows: {why}.", why=_say_outside(values)
    ),
    "setpoints_unread": lambda values: say(
        "Set-points are unknown: {names}.", names=", ".join(say_name(name) for name in values["columns"])
    ),
    "no_precedents": lambda _: say("The model holds no hours of best practice."),
    "hour_without_gap": lambda _: say("The hour has no gap."),
}
