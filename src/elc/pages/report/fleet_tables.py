"""The tables of the report of all plants, and the picture of what each lost (Markdown)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from elc.fields import read_currency
from elc.pages.language import (
    MISSING,
    escape,
    format_co2,
    format_energies,
    format_money,
    format_number,
    format_share,
    say,
    say_version,
)
from elc.pages.report.fleet import add, add_savings, write_energies
from elc.pages.report.tables import write_avoided, write_gap
from elc.pages.report.words import (
    PLACES,
    format_period,
    format_sec,
    name_period,
    say_named,
    sec_unit,
    write_day,
    write_last_day,
    write_production,
)
from elc.records.report import FleetReport, Report
from elc.records.spans import SpanSum
from elc.settings import StageSettings

Chosen = Mapping[str, StageSettings]


def build_fleet_bars(fleet: FleetReport, currency: str) -> tuple[str, list[tuple[str, float, str]]]:
    """Build the picture of what each plant lost: a title, and of each its name, its bar's share of the longest, and the
    amount.

    Plants stand by what they lost, the most first: in money, in energy where one amount has no price. A bar below zero
    is a plant that stayed below its best. Plants that could not be judged have none.
    """
    gaps = {one.name: one.whole.gap for one in fleet.plants if one.whole.gap is not None}
    is_priced = add([gap.money for gap in gaps.values()]) is not None
    sizes = {name: (gap.money or 0.0) if is_priced else gap.energy_gj for name, gap in gaps.items()}
    most = max((abs(size) for size in sizes.values()), default=0.0)
    sign = read_currency(currency)
    title = say("What energy above best cost, by plant") if is_priced else say("Energy above best, by plant")
    return title, [
        (name, size / most if most else 0.0, f"{format_money(size)} {sign}" if is_priced else write_energies(size)[0])
        for name, size in sorted(sizes.items(), key=lambda item: -item[1])
    ]


def build_use_table(fleet: FleetReport) -> str:
    """Build what each plant used and made, beside the same period a year before."""
    before = name_period(next((one.year_before.name for one in fleet.plants if one.year_before), ""))
    heads = [say("plant"), say("energy, {energy_unit}"), say("production"), say("specific")]
    heads += [f"{head}, {before}" for head in (say("energy"), say("specific"))] if before else []
    heads.append(say("intervals judged"))
    rows = [_build_use_row(one, has_before=bool(before)) for one in fleet.plants]
    if len(fleet.plants) > 1:
        known = [None if one.year_before is None else one.year_before.energy_gj for one in fleet.plants]
        total = add(known)
        older = [MISSING if total is None else format_energies(total)[0], ""] if before else []
        rows.append(
            [say("all"), format_energies(sum(one.whole.energy_gj for one in fleet.plants))[0], "", "", *older, ""]
        )
    return write_table(heads, rows)


def _build_use_row(report: Report, *, has_before: bool) -> list[str]:
    whole, before = report.whole, report.year_before
    older = [MISSING if before is None else format_period(before.energy_gj, report)]
    older.append(MISSING if before is None else _write_sec(before, report))
    judged = say("{judged} of {count}", judged=format_number(whole.judged, 0), count=format_number(whole.intervals, 0))
    return [
        escape(report.name),
        format_period(whole.energy_gj, report),
        write_production(whole.production, report),
        _write_sec(whole, report),
        *(older if has_before else []),
        judged,
    ]


def _write_sec(span: SpanSum, report: Report) -> str:
    return MISSING if span.sec_gj is None else f"{format_sec(span.sec_gj, report)} {sec_unit(report)}"


def build_gap_table(fleet: FleetReport, currency: str) -> str:
    """Build what each plant used above its best and avoided, and all together."""
    heads = [
        say("plant"),
        say("energy above best, {energy_unit}"),
        say("share of best"),
        read_currency(currency),
        "t CO₂",
        say("avoided, {energy_unit}"),
        say("avoided, share"),
    ]
    rows = [[escape(one.name), *_build_gap_cells(one, one.whole)] for one in fleet.plants]
    return write_table(heads, [*rows, *([_build_gap_total(fleet)] if len(fleet.plants) > 1 else [])])


def _build_gap_cells(report: Report, span: SpanSum) -> list[str]:
    gap = span.gap
    return [
        write_gap(span, report),
        format_share(span.gap_frac, PLACES),
        MISSING if gap is None else format_money(gap.money),
        MISSING if gap is None else format_co2(gap.co2_t),
        write_avoided(span, report),
        MISSING if span.savings is None else format_share(span.savings.frac, PLACES + 1),
    ]


def _build_gap_total(fleet: FleetReport) -> list[str]:
    judged = [one.whole for one in fleet.plants if one.whole.gap is not None]
    gaps = [span.gap for span in judged if span.gap is not None]
    savings = [one.whole.savings for one in fleet.plants if one.whole.savings is not None]
    energy, best = sum(gap.energy_gj for gap in gaps), sum(span.best_gj for span in judged)
    money, co2 = add([gap.money for gap in gaps]), add([gap.co2_t for gap in gaps])
    avoided, error = add_savings(savings)
    adjusted = sum(one.adjusted_gj for one in savings)
    return [
        say("all"),
        format_energies(energy)[0] if gaps else MISSING,
        format_share(energy / best, PLACES) if best > 0 else MISSING,
        format_money(money),
        format_co2(co2),
        f"{format_energies(avoided, is_signed=True)[0]} ± {format_energies(avoided, error)[1]}" if savings else MISSING,
        format_share(avoided / adjusted, PLACES + 1) if adjusted > 0 else MISSING,
    ]


def build_basis_table(fleet: FleetReport, chosen: Chosen) -> str:
    """Build what the numbers of each plant rest on: what judged, until when data were known, and the baseline."""
    heads = [say("plant"), say("product"), say("judged by"), say("data until"), say("baseline period")]
    rows = [
        [
            escape(one.name),
            say_named(one.product),
            escape(say_version(one.judged_by)),
            write_last_day(one.data_until, chosen[one.plant]),
            _write_baseline(one, chosen[one.plant]),
        ]
        for one in fleet.plants
    ]
    return write_table(heads, rows, texts=len(heads))


def _write_baseline(report: Report, settings: StageSettings) -> str:
    if report.baseline is None:
        return MISSING
    first, last = write_day(report.baseline.start, settings), write_last_day(report.baseline.end, settings)
    return say("{first} to {last}", first=first, last=last)


def write_table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 1) -> str:
    """Write a table in which all but the first columns, the `texts`, are numbers."""
    aligned = "|".join([":--"] * texts + ["--:"] * (len(heads) - texts))
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, *rows)]
    return "\n".join([lines[0], f"|{aligned}|", *lines[1:]])
