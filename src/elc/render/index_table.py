"""The table of all plants, as HTML: what the page of all plants shows of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape as escape_html

import pandas as pd

from elc.pages.language import (
    MISSING,
    NBSP,
    choose_plant,
    find_unit,
    format_co2,
    format_money,
    format_number,
    format_share,
    format_short_energy,
    get_unit,
    say,
    say_health,
    say_state,
    say_version,
)
from elc.records.alerts import Alert
from elc.records.failure import Failure
from elc.records.status import Status
from elc.render.groups import MANY, Group, build_groups, build_summary, build_title
from elc.render.sparks import build_small_spark

_MILLION = 1_000_000
_WRONG, _SORTED = ' class="wrong"', ' aria-sort="descending"'
_LEFT = ("plant", "week", "data", "model", "version", "last")  # columns of words and pictures


@dataclass(frozen=True)
class FleetPages:
    """What the page of all plants is built from.

    `links` holds each plant's notebook, `behind` the plants whose data stopped, `simulated` those that are not real
    ones, `names` those of all plants, `weeks` the gap of their last days (see `sparks.read_week`), `reports` the
    section of their reports, `regions` the region of each that has one, `ends` when the last hour of each real plant
    ended (UTC) and how many hours later it is late, and `max_gap_frac` is the gap that calls for action.
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
    reports: tuple[str, ...] = ()
    weeks: Mapping[str, pd.Series | None] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    ends: Mapping[str, tuple[str, float]] = field(default_factory=dict)

    @property
    def pageless(self) -> list[str]:
        """The plants that failed before they had a first page."""
        shown = {status.plant for status in self.statuses}
        return list(dict.fromkeys(failure.plant for failure in self.failures if failure.plant not in shown))

    @property
    def is_large(self) -> bool:
        """Whether there are so many plants that their table is searched and sorted."""
        return len(self.statuses) + len(self.pageless) >= MANY

    def find_groups(self, statuses: Sequence[Status]) -> list[Group]:
        """Find the regions of plants, one group of all where none has a region; `statuses` keep their order."""
        return build_groups(statuses, self.pageless, self.regions if self.is_large else {})

    def is_wrong(self, status: Status) -> bool:
        """Whether a plant is above the limit, or something failed, is alerted, or is not to be believed."""
        return (
            (status.gap_frac or 0.0) > self.max_gap_frac
            or (status.data_health, status.model_health) != ("sound", "ok")
            or status.plant in self.behind
            or status.plant in {failure.plant for failure in self.failures}
            or status.plant in {alert.plant for alert in self.alerts}
        )


def build_plants(statuses: Sequence[Status], fleet: FleetPages, sign: str) -> str:
    """Build the table as HTML: each cell knows its heading, which stands before it where a row is a block (phones).

    Of many plants, rows stand by region and say by what they are sorted, and whether something is wrong.
    """
    is_mixed = len({find_unit(status.energy_unit) for status in statuses}) > 1
    choose_plant(find_unit(statuses[0].energy_unit) if statuses else "GJ")
    heads = _build_heads(sign, is_mixed=is_mixed, is_large=fleet.is_large)
    sorted_by = "money" if fleet.is_large else ""
    head = "".join(
        f'<th scope="col"{_mark(key)}{_SORTED if key == sorted_by else ""}>{text}</th>' for key, text in heads.items()
    )
    bodies = [_build_body(group, fleet, heads, sign, is_mixed=is_mixed) for group in fleet.find_groups(statuses)]
    kind = "plants large" if fleet.is_large else "plants"
    return (
        f'<div class="table-scroll" role="group" aria-label="{escape_html(say("All plants"))}" tabindex="0">\n'
        f'<table class="{kind}">\n<thead><tr>{head}</tr></thead>\n' + "\n".join(bodies) + "</table></div>"
    )


def _build_heads(sign: str, *, is_mixed: bool, is_large: bool) -> dict[str, str]:
    heads = {
        "plant": say("plant"),
        "week": say("last seven days"),
        "gap": say("gap now") if is_mixed else say("gap now, {rate_unit}"),
        "share": say("share of best"),
        "money": say("{currency} an hour", currency=sign),
        "co2": say("t CO₂ an hour"),
        "day": say("last 24 h") if is_mixed else say("last 24 h, {energy_unit}"),
        "month": say("{currency} this month", currency=sign),
        "data": say("data"),
        "model": say("model"),
        "version": say("version"),
        "last": say("last hour"),
    }
    return {key: escape_html(text) for key, text in heads.items() if key != "week" or is_large}


def _build_body(group: Group, fleet: FleetPages, heads: Mapping[str, str], sign: str, *, is_mixed: bool) -> str:
    """Build the rows of a region under its name and what it amounts to; those of no region alone have no name."""
    rows = [
        _build_row(_build_cells(status, fleet, is_mixed=is_mixed), heads, _build_marks(status, fleet))
        for status in group.statuses
    ]
    rows += [_build_empty_row(plant, fleet, heads) for plant in group.pageless]
    if not (fleet.is_large and fleet.regions):
        return "<tbody>\n" + "\n".join(rows) + "\n</tbody>"
    title = build_title(group)
    said = f'{title} <span class="small">{build_summary(group, sign, fleet.max_gap_frac)}</span>'
    top = f'<tr class="region" id="{group.identity}"><th scope="rowgroup" colspan="{len(heads)}">{said}</th></tr>'
    return f'<tbody data-region="{title}">\n' + "\n".join([top, *rows]) + "\n</tbody>"


def _build_marks(status: Status, fleet: FleetPages) -> str:
    """Build what a row among many says to who searches it: the numbers behind its cells, and whether all is well."""
    if not fleet.is_large:
        return ""
    week = fleet.weeks.get(status.plant)
    last = None if status.hour is None else status.hour.timestamp() // 60
    numbers = [
        *(None, None if week is None else week.mean(), status.gap_gj_per_h, status.gap_frac, status.money_per_h),
        *(status.co2_t_per_h, status.gap_gj_24h, status.money_month, None, None, None, last),
    ]
    keys = "|".join("" if number is None or math.isnan(number) else f"{number:.9g}" for number in numbers)
    return f'{_WRONG if fleet.is_wrong(status) else ""} data-sort="{keys}"'


def _mark(key: str) -> str:
    return "" if key in _LEFT else ' class="right"'


def _build_row(cells: Mapping[str, str], heads: Mapping[str, str], marks: str) -> str:
    built = [
        f'<th scope="row">{cell}</th>' if key == "plant" else f'<td{_mark(key)} data-label="{heads[key]}">{cell}</td>'
        for key, cell in cells.items()
        if key in heads
    ]
    return f"<tr{marks}>{''.join(built)}</tr>"


def _write_energy(value: float | None, status: Status, unit: str) -> str:
    text = format_short_energy(value, size=status.size_gj_per_h or math.nan)
    return text if value is None or not unit else f"{text}{NBSP}{unit}"


def _build_cells(status: Status, fleet: FleetPages, *, is_mixed: bool) -> dict[str, str]:
    """Build the cells of a row; energies with their unit where plants have several."""
    choose_plant(find_unit(status.energy_unit))
    rate, energy = (get_unit().rate, get_unit().sign) if is_mixed else ("", "")
    share = format_share(status.gap_frac, 1)
    if status.gap_frac is not None and status.gap_frac > fleet.max_gap_frac:
        share = f'<span class="cost">{share}</span>'
    return {
        "plant": _build_name(status, fleet.links[status.plant]),
        "week": build_small_spark(fleet.weeks.get(status.plant), fleet.max_gap_frac) if fleet.is_large else "",
        "gap": _write_energy(status.gap_gj_per_h, status, rate),
        "share": share,
        "money": format_money(status.money_per_h),
        "co2": format_co2(status.co2_t_per_h),
        "day": _write_energy(status.gap_gj_24h, status, energy),
        "month": _build_month(status.money_month),
        "data": _build_health(status.data_health, "sound"),
        "model": _build_health(status.model_health, "ok"),
        "version": escape_html(say_version(status.version)),
        "last": _build_last(status, fleet.ends.get(status.plant), is_behind=status.plant in fleet.behind),
    }


def _build_name(status: Status, notebook: str) -> str:
    link = notebook.removesuffix(".ipynb") + ".html"
    state = escape_html(say_state(status.state))
    if status.gap_frac is None:
        state = say("no gap: {reason}", reason=escape_html(status.no_gap_reason) or state)
    return f'<a href="{escape_html(link)}">{escape_html(status.name)}</a> <span class="small">{state}</span>'


def _build_last(status: Status, end: tuple[str, float] | None, *, is_behind: bool) -> str:
    """Build the last hour, with when it ended, so that a browser can say how late it is."""
    hour = escape_html(status.last_hour)
    if end is not None:
        hour = f'<span class="hour" data-until="{end[0]}" data-late="{end[1]:g}">{hour}</span>'
    return f'<span class="look">{say("no new data since {hour}", hour=hour)}</span>' if is_behind else hour


def _build_month(money: float | None) -> str:
    """Build a month's money in four digits, or in millions."""
    if money is None or abs(money) < 1000:
        return format_money(money)
    if abs(money) >= _MILLION:
        return f"{format_number(money / _MILLION, 2)}{NBSP}M"
    return format_number(float(f"{money:.4g}"), 0)


def _build_health(text: str, good: str) -> str:
    return f'<span class="{"good" if text == good else "look"}">{escape_html(say_health(text))}</span>'


def _build_empty_row(plant: str, fleet: FleetPages, heads: Mapping[str, str]) -> str:
    name, said = escape_html(fleet.names.get(plant, plant)), escape_html(say("no page yet: its first run failed"))
    cells = dict.fromkeys(heads, MISSING) | {"plant": f'{name} <span class="small">{said}</span>'}
    return _build_row(cells, heads, _WRONG if fleet.is_large else "")
