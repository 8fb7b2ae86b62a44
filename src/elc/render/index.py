"""Build the page of all plants: the answer as a sentence, what failed and alerts, the table, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape as escape_html

from elc.fields import read_currency
from elc.language import format_number, format_share, format_time, say
from elc.render.receipts import Failure
from elc.render.status import Alert, Status
from elc.render.words import MISSING, NBSP, build_count, build_list, build_number, escape, start

_MILLION = 1_000_000
_LEFT = ("plant", "data", "model", "version", "last")  # columns of words


@dataclass(frozen=True)
class Fleet:
    """What the page of all plants is built from.

    `links` holds each plant's notebook, `behind` the plants whose data stopped, `names` those of all plants, and
    `max_gap_frac` is the gap that calls for action.
    """

    statuses: Sequence[Status]
    links: Mapping[str, str]
    names: Mapping[str, str]
    currency: str
    max_gap_frac: float
    failures: Sequence[Failure] = ()
    alerts: Sequence[Alert] = ()
    behind: frozenset[str] = frozenset()


def build_index(fleet: Fleet) -> str:
    """Build index.qmd."""
    ordered = sorted(fleet.statuses, key=_build_rank)
    sign = read_currency(fleet.currency)
    note = say(
        "Sorted by money lost an hour. Gap: energy above the least that the plant has shown at this load and weather."
    )
    parts = [
        f"---\ntitle: {say('All plants')}\n---",
        f"::: {{.answer}}\n{_build_answer(ordered, sign, fleet.max_gap_frac)}\n:::",
        *_build_remark(ordered),
        *_build_failures(fleet),
        *_build_alerts(fleet),
        f"```{{=html}}\n{_build_table(ordered, fleet, sign)}\n```",
        f"## {say('What to do')}",
        *(_build_advice(status, fleet.links) for status in ordered),
        f"::: {{.small}}\n{note}\n:::",
        say("[Models](models.qmd): which version runs where, since when, and who approved it."),
        say("[Method](method.qmd): how the numbers are made, and what they rest on."),
    ]
    return "\n\n".join(parts) + "\n"


def _build_rank(status: Status) -> tuple[bool, float, str]:
    money = status.money_per_h
    return (money is None, 0.0 if money is None else -money, status.plant)


def _build_total(statuses: Iterable[Status], sign: str, mark: str) -> str:
    """Build the money that some plants lose an hour; nothing where none has a price or the sum is a saving."""
    money = [status.money_per_h for status in statuses if status.money_per_h is not None]
    if not money or sum(money) <= 0:
        return ""
    return f"[{say('{money} an hour', money=f'{build_number(sum(money))}{NBSP}{sign}')}]{{.{mark}}}"


def _build_answer(statuses: Sequence[Status], sign: str, max_gap_frac: float) -> str:
    judged = [status for status in statuses if status.gap_frac is not None]
    losing = [status for status in judged if (status.gap_frac or 0.0) > max_gap_frac]
    if not judged:
        return say("No plant can be judged now: the table says why.")
    limit = f"{100 * max_gap_frac:g}{NBSP}%"
    total = _build_total(losing or judged, sign, "cost" if losing else "good")
    subject = _build_subject(statuses, losing, judged[0], limit)
    if total and (len(losing) > 1 or (not losing and len(statuses) > 1)):
        return say("{loses}: {money} in all.", loses=subject, money=total)
    return say("{loses}: {money}.", loses=subject, money=total) if total else f"{subject}."


def _build_subject(statuses: Sequence[Status], losing: Sequence[Status], first: Status, limit: str) -> str:
    """Build the sentence's first half: who loses more than the limit."""
    count, name = len(statuses), escape((losing[0] if losing else first).name)
    number = build_count(count)
    if not losing:
        if count == 1:
            return say("{plant} does not lose more than {limit} now", plant=name, limit=limit)
        return say("No plant loses more than {limit} now", limit=limit)
    if len(losing) == 1 and count == 1:
        return say("{plant} loses more than {limit} now", plant=name, limit=limit)
    if len(losing) == 1:
        return say("One of {count} plants, {plant}, loses more than {limit} now", count=number, plant=name, limit=limit)
    if len(losing) < count:
        some = start(build_count(len(losing)))
        return say("{some} of {count} plants lose more than {limit} now", some=some, count=number, limit=limit)
    if count == 2:
        return say("Both plants lose more than {limit} now", limit=limit)
    return say("All {count} plants lose more than {limit} now", count=number, limit=limit)


def _build_remark(statuses: Sequence[Status]) -> list[str]:
    missing = [escape(status.name) for status in statuses if status.gap_frac is None]
    if not missing or len(missing) == len(statuses):
        return []
    names = build_list(missing)
    if len(missing) == 1:
        said = say("{plant} has no gap now: the table says why.", plant=names)
    else:
        said = say("{plants} have no gap now: the table says why.", plants=names)
    return [f"::: {{.small}}\n{said}\n:::"]


def _build_failures(fleet: Fleet) -> list[str]:
    if not fleet.failures:
        return []
    reason = say("no reason was recorded.")
    points = [
        f"- **{escape(fleet.names.get(one.plant, one.plant))}, {escape(one.stage)}:** {escape(one.sentence) or reason}"
        for one in fleet.failures
    ]
    title = say("The last run failed; pages of these plants are of an earlier one")
    return [f'::: {{.callout-important title="{title}"}}\n' + "\n".join(points) + "\n:::"]


def _build_alerts(fleet: Fleet) -> list[str]:
    if not fleet.alerts:
        return []
    points = [_build_alert(alert, fleet.names) for alert in fleet.alerts]
    return [f'::: {{.callout-warning title="{say("Open alerts")}"}}\n' + "\n".join(points) + "\n:::"]


def _build_alert(alert: Alert, names: Mapping[str, str]) -> str:
    text = f"- **{escape(names.get(alert.plant, alert.plant))}:** {escape(alert.sentence)}"
    return f"{text} [{say('Since {time}.', time=escape(_read_since(alert.since)))}]{{.small}}" if alert.since else text


def _read_since(since: str) -> str:
    try:
        return format_time(datetime.fromisoformat(since))
    except ValueError:
        return since


def _build_table(statuses: Sequence[Status], fleet: Fleet, sign: str) -> str:
    """Build the table as HTML: each cell knows its heading, which stands before it where a row is a block (phones)."""
    heads = {
        "plant": say("plant"),
        "gap": say("gap now, GJ/h"),
        "share": say("share of best"),
        "money": say("{currency} an hour", currency=sign),
        "co2": say("t CO₂ an hour"),
        "day": say("last 24 h, GJ"),
        "month": say("{currency} this month", currency=sign),
        "data": say("data"),
        "model": say("model"),
        "version": say("version"),
        "last": say("last hour"),
    }
    heads = {key: escape_html(text) for key, text in heads.items()}
    head = "".join(f'<th scope="col"{_mark(key)}>{text}</th>' for key, text in heads.items())
    rows = [_build_row(_build_cells(status, fleet), heads) for status in statuses]
    rows += [_build_empty_row(plant, fleet, heads) for plant in _find_pageless(fleet)]
    return (
        f'<div class="table-scroll" role="group" aria-label="{escape_html(say("All plants"))}" tabindex="0">\n'
        f'<table class="plants">\n<thead><tr>{head}</tr></thead>\n<tbody>\n'
        + "\n".join(rows)
        + "\n</tbody></table></div>"
    )


def _mark(key: str) -> str:
    return "" if key in _LEFT else ' class="right"'


def _build_row(cells: Mapping[str, str], heads: Mapping[str, str]) -> str:
    built = [
        f'<th scope="row">{cell}</th>' if key == "plant" else f'<td{_mark(key)} data-label="{heads[key]}">{cell}</td>'
        for key, cell in cells.items()
    ]
    return f"<tr>{''.join(built)}</tr>"


def _build_cells(status: Status, fleet: Fleet) -> dict[str, str]:
    share = format_share(status.gap_frac, 1)
    if status.gap_frac is not None and status.gap_frac > fleet.max_gap_frac:
        share = f'<span class="cost">{share}</span>'
    return {
        "plant": _build_name(status, fleet.links[status.plant]),
        "gap": build_number(status.gap_gj_per_h),
        "share": share,
        "money": build_number(status.money_per_h),
        "co2": build_number(status.co2_t_per_h),
        "day": build_number(status.gap_gj_24h),
        "month": _build_month(status.money_month),
        "data": _build_health(status.data_health, "sound"),
        "model": _build_health(status.model_health, "ok"),
        "version": escape_html(status.version),
        "last": _build_last(status, is_behind=status.plant in fleet.behind),
    }


def _build_name(status: Status, notebook: str) -> str:
    link = notebook.removesuffix(".ipynb") + ".html"
    state = escape_html(status.state)
    if status.gap_frac is None:
        reason = escape_html(status.no_gap_reason) or say("no reason given")
        state += ", " + say("no gap: {reason}", reason=reason)
    return f'<a href="{escape_html(link)}">{escape_html(status.name)}</a> <span class="small">{state}</span>'


def _build_last(status: Status, *, is_behind: bool) -> str:
    if not is_behind:
        return escape_html(status.last_hour)
    said = say("no new data since {hour}", hour=escape_html(status.last_hour))
    return f'<span class="look">{said}</span>'


def _build_month(money: float | None) -> str:
    """Build a month's money in four digits, or in millions."""
    if money is None or abs(money) < 1000:
        return build_number(money)
    if abs(money) >= _MILLION:
        return f"{format_number(money / _MILLION, 2)}{NBSP}M"
    return format_number(float(f"{money:.4g}"), 0)


def _build_health(text: str, good: str) -> str:
    return f'<span class="{"good" if text == good else "look"}">{escape_html(text)}</span>'


def _find_pageless(fleet: Fleet) -> list[str]:
    """Find the plants that failed before they had a first page."""
    known = {status.plant for status in fleet.statuses}
    return list(dict.fromkeys(one.plant for one in fleet.failures if one.plant not in known))


def _build_empty_row(plant: str, fleet: Fleet, heads: Mapping[str, str]) -> str:
    name, said = escape_html(fleet.names.get(plant, plant)), escape_html(say("no page yet: its first run failed"))
    cells = dict.fromkeys(heads, MISSING) | {"plant": f'{name} <span class="small">{said}</span>'}
    return _build_row(cells, heads)


def _build_advice(status: Status, links: Mapping[str, str]) -> str:
    sentence = " ".join(status.advice.split()) or say("no advice now.")
    if status.action != "none":
        look = escape(status.recommendation)
        sentence += f" [{say('Data and model:')}]{{.look}} {look}"
    return f"**[{escape(status.name)}]({links[status.plant]}):** {sentence}"
