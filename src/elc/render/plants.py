"""The table of all plants, as HTML: what the page of all plants shows of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape as escape_html

from elc.pages.language import (
    MISSING,
    NBSP,
    format_co2,
    format_money,
    format_number,
    format_share,
    format_short_energy,
    say,
    say_health,
    say_state,
    say_version,
)
from elc.records.alerts import Alert
from elc.records.failure import Failure
from elc.records.status import Status

_MILLION = 1_000_000
_LEFT = ("plant", "data", "model", "version", "last")  # columns of words


@dataclass(frozen=True)
class FleetPages:
    """What the page of all plants is built from.

    `links` holds each plant's notebook, `behind` the plants whose data stopped, `simulated` those that are not real
    ones, `names` those of all plants, and `max_gap_frac` is the gap that calls for action.
    """

    statuses: Sequence[Status]
    links: Mapping[str, str]
    names: Mapping[str, str]
    currency: str
    max_gap_frac: float
    failures: Sequence[Failure] = ()
    alerts: Sequence[Alert] = ()
    behind: frozenset[str] = frozenset()
    simulated: frozenset[str] = frozenset()


def build_plants(statuses: Sequence[Status], fleet: FleetPages, sign: str) -> str:
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


def _build_cells(status: Status, fleet: FleetPages) -> dict[str, str]:
    share, size = format_share(status.gap_frac, 1), status.size_gj_per_h or math.nan
    if status.gap_frac is not None and status.gap_frac > fleet.max_gap_frac:
        share = f'<span class="cost">{share}</span>'
    return {
        "plant": _build_name(status, fleet.links[status.plant]),
        "gap": format_short_energy(status.gap_gj_per_h, size=size),
        "share": share,
        "money": format_money(status.money_per_h),
        "co2": format_co2(status.co2_t_per_h),
        "day": format_short_energy(status.gap_gj_24h, size=size),
        "month": _build_month(status.money_month),
        "data": _build_health(status.data_health, "sound"),
        "model": _build_health(status.model_health, "ok"),
        "version": escape_html(say_version(status.version)),
        "last": _build_last(status, is_behind=status.plant in fleet.behind),
    }


def _build_name(status: Status, notebook: str) -> str:
    link = notebook.removesuffix(".ipynb") + ".html"
    state = escape_html(say_state(status.state))
    if status.gap_frac is None:
        state = say("no gap: {reason}", reason=escape_html(status.no_gap_reason) or state)
    return f'<a href="{escape_html(link)}">{escape_html(status.name)}</a> <span class="small">{state}</span>'


def _build_last(status: Status, *, is_behind: bool) -> str:
    if not is_behind:
        return escape_html(status.last_hour)
    said = say("no new data since {hour}", hour=escape_html(status.last_hour))
    return f'<span class="look">{said}</span>'


def _build_month(money: float | None) -> str:
    """Build a month's money in four digits, or in millions."""
    if money is None or abs(money) < 1000:
        return format_money(money)
    if abs(money) >= _MILLION:
        return f"{format_number(money / _MILLION, 2)}{NBSP}M"
    return format_number(float(f"{money:.4g}"), 0)


def _build_health(text: str, good: str) -> str:
    return f'<span class="{"good" if text == good else "look"}">{escape_html(say_health(text))}</span>'


def _find_pageless(fleet: FleetPages) -> list[str]:
    """Find the plants that failed before they had a first page."""
    shown = {status.plant for status in fleet.statuses}
    return list(dict.fromkeys(failure.plant for failure in fleet.failures if failure.plant not in shown))


def _build_empty_row(plant: str, fleet: FleetPages, heads: Mapping[str, str]) -> str:
    name, said = escape_html(fleet.names.get(plant, plant)), escape_html(say("no page yet: its first run failed"))
    cells = dict.fromkeys(heads, MISSING) | {"plant": f'{name} <span class="small">{said}</span>'}
    return _build_row(cells, heads)
