"""The plants of a page by region: which stand together, what they lose, and how many are wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape as escape_html

from elc.pages.language import NBSP, format_money, format_plain, say, say_count, start
from elc.records.status import Status
from elc.render.sparks import build_line

MANY = 8  # plants on a page from which it offers search, sorting and regions; fewer are seen at a glance


@dataclass(frozen=True)
class Group:
    """The plants of a region; `name` is empty for those of none, `pageless` are plants that have no page yet."""

    name: str
    statuses: tuple[Status, ...]
    pageless: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """The id of the group on its page."""
        return "region-" + re.sub(r"\W", "-", self.name.lower()) if self.name else "region"

    @property
    def money_per_h(self) -> float | None:
        """What its judged plants lose an hour; None where none is judged, or one has no price."""
        return _add([status.money_per_h for status in self.statuses if status.gap_frac is not None])

    @property
    def money_month(self) -> float | None:
        """What its plants lost this month; None where that is not known of one."""
        return _add([status.money_month for status in self.statuses])

    def count_over(self, max_gap_frac: float) -> int:
        """Count the plants above the limit."""
        return sum((status.gap_frac or 0.0) > max_gap_frac for status in self.statuses)


def _add(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def name_region(region: str) -> str:
    """Name a region of params.yaml as a page does: `north_sea` is North sea."""
    return start(region.replace("_", " "))


def build_groups(statuses: Iterable[Status], pageless: Iterable[str], regions: Mapping[str, str]) -> list[Group]:
    """Build the groups of plants: what loses most first, plants of no region last.

    Args:
        statuses: of plants, in the order that they keep.
        pageless: plants without a status.
        regions: the region of each plant that has one, as params.yaml names it.
    """
    shown: dict[str, list[Status]] = {}
    for status in statuses:
        shown.setdefault(regions.get(status.plant, ""), []).append(status)
    missing: dict[str, list[str]] = {}
    for plant in pageless:
        missing.setdefault(regions.get(plant, ""), []).append(plant)
    groups = [
        Group(name_region(region), tuple(shown.get(region, ())), tuple(missing.get(region, ())))
        for region in ({**shown, **missing} or [""])
    ]
    return sorted(groups, key=lambda group: (not group.name, -(group.money_per_h or 0.0), group.name))


def build_title(group: Group) -> str:
    """Build the name of a group, that of the rest where it has none."""
    return escape_html(group.name or say("Other plants"))


def build_summary(group: Group, sign: str, max_gap_frac: float) -> str:
    """Build what a region amounts to: how many plants, how many above the limit or not judged, and their money."""
    parts = [
        say_count("{count} plant", "{count} plants", len(group.statuses) + len(group.pageless)),
        _build_over(group, max_gap_frac),
    ]
    unjudged = sum(status.gap_frac is None for status in group.statuses) + len(group.pageless)
    if unjudged:
        parts.append(say("{count} without a gap", count=unjudged))
    if group.money_per_h is not None:
        parts.append(say("{money} an hour", money=f"{format_money(group.money_per_h)}{NBSP}{sign}"))
    if group.money_month is not None:
        parts.append(say("{money} this month", money=f"{format_money(group.money_month)}{NBSP}{sign}"))
    return escape_html(" · ".join(parts))


def _build_over(group: Group, max_gap_frac: float) -> str:
    limit = f"{format_plain(100 * max_gap_frac)}{NBSP}%"
    return say("{count} above {limit}", count=group.count_over(max_gap_frac), limit=limit)


def build_region_losses(groups: Sequence[Group], sign: str, max_gap_frac: float) -> str:
    """Build a line for each region: its plants above the limit, and what it loses now; theirs of that in colour."""
    most = max((abs(group.money_per_h or 0.0) for group in groups), default=0.0)
    lines = [_build_line(group, most, sign, max_gap_frac) for group in groups]
    label = escape_html(say("Money lost an hour now, by region"))
    return f'<ul class="losses" aria-label="{label}">\n' + "\n".join(lines) + "\n</ul>"


def _build_line(group: Group, most: float, sign: str, max_gap_frac: float) -> str:
    mark = ' class="cost"' if group.count_over(max_gap_frac) else ""
    size = say_count("{count} plant", "{count} plants", len(group.statuses) + len(group.pageless))
    money = group.money_per_h
    amount = "" if money is None else say("{money} an hour", money=f"{format_money(money)}{NBSP}{sign}")
    return build_line(
        f'<a href="#{group.identity}">{build_title(group)}</a>',
        f'<span class="small">{size}<br><span{mark}>{_build_over(group, max_gap_frac)}</span></span>',
        _build_bars(group, most, max_gap_frac),
        escape_html(amount),
    )


def _build_bars(group: Group, most: float, max_gap_frac: float) -> list[tuple[str, float]]:
    """Build the parts of a region's bar as shares of the longest: what plants above the limit lose, and the others."""
    total = group.money_per_h or 0.0
    if total <= 0:
        return [("saved", -total / (most or 1.0))]
    over = sum(one.money_per_h or 0.0 for one in group.statuses if (one.gap_frac or 0.0) > max_gap_frac)
    return [("over", min(over, total) / most), ("under", max(total - over, 0.0) / most)]
