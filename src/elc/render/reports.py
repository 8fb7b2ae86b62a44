"""The reports of all plants for the last month that has any: a sentence and a table, on the page of all plants."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from elc.fields import read_currency
from elc.pages.language import (
    MISSING,
    NBSP,
    choose_plant,
    escape,
    find_unit,
    format_co2,
    format_energies,
    format_money,
    format_number,
    format_share,
    get_unit,
    say,
    say_count,
)
from elc.pages.report import name_period, write_avoided, write_gap
from elc.paths import Project
from elc.records import RecordError
from elc.records.report import FILE, Report, read_report
from elc.records.spans import Savings
from elc.registry import find_place
from elc.render.groups import MANY
from elc.render.receipts import Page
from elc.settings.plant import EnergyUnit

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


def read_reports(project: Project, plants: Iterable[str], faults: list[str]) -> list[Report]:
    """Read the report of each plant for the last month that any has, or add to the faults why one cannot be read."""
    folders = {plant: find_place(project, plant).operation("report", plant) for plant in plants}
    months = {
        path.name
        for folder in folders.values()
        for path in folder.glob("*")
        if _MONTH.fullmatch(path.name) and (path / FILE).is_file()
    }
    reports = []
    for folder in folders.values() if months else ():
        try:
            reports.append(read_report(folder / max(months), root=project.root))
        except RecordError as error:
            faults += [] if error.is_missing else [str(error)]
    return reports


def build_reports(
    reports: Sequence[Report], pages: Sequence[Page], currency: str, energy_unit: EnergyUnit = "GJ"
) -> list[str]:
    """Build the section of the reports: heading, what was lost and avoided in all, and a row for each plant.

    Sums of plants are in the site's `energy_unit`, what is one plant's in its own.
    """
    if not reports:
        return []
    links = {page.plant: page.source for page in pages if page.stage == "report"}
    heading = say("Report of {period}", period=name_period(reports[0].period))
    choose_plant(energy_unit)
    table = _build_table(reports, links, currency)
    if len(reports) >= MANY:
        title = say_count("The report of {count} plant", "The reports of {count} plants", len(reports))
        table = f'::: {{.callout-note collapse="true" title="{title}"}}\n{table}\n:::'
    return [f"## {heading}", _build_sum(reports, currency), table]


def _build_sum(reports: Sequence[Report], currency: str) -> str:
    """Build what the plants used above their best in all, and what was avoided, as far as every amount is known."""
    gaps = [report.whole.gap for report in reports if report.whole.gap is not None]
    if not gaps:
        return say("No plant could be judged in this period.")
    energy = _write_energies(sum(gap.energy_gj for gap in gaps))[0]
    money = [gap.money for gap in gaps]
    paid = sum(amount for amount in money if amount is not None)
    said = (
        say_count(
            "{count} plant used {energy} more than its best.",
            "{count} plants used {energy} more than their best.",
            len(gaps),
            energy=energy,
        )
        if None in money
        else say_count(
            "{count} plant used {energy} more than its best, at {money}.",
            "{count} plants used {energy} more than their best, at {money}.",
            len(gaps),
            energy=energy,
            money=f"{format_money(paid)} {read_currency(currency)}",
        )
    )
    savings = [report.whole.savings for report in reports if report.whole.savings is not None]
    return f"{said} {_build_savings(savings)}" if savings else said


def _build_savings(savings: Sequence[Savings]) -> str:
    """Build what the plants avoided together, or that it cannot be told from nothing."""
    avoided = sum(saving.avoided.energy_gj for saving in savings)
    # ASSUME: the errors of plants are independent of each other, so their squares add up.
    error = math.sqrt(sum(saving.error.energy_gj**2 for saving in savings))
    size, doubt = _write_energies(abs(avoided), error)
    if abs(avoided) <= error:
        return say_count(
            "Against its baseline period no saving can be shown for {count} plant: the difference of {size} is within "
            "its uncertainty of {error}.",
            "Against their baseline periods no saving can be shown for {count} plants together: the difference of "
            "{size} is within its uncertainty of {error}.",
            len(savings),
            size=size,
            error=doubt,
        )
    if avoided < 0:
        return say_count(
            "Against its baseline period {count} plant used {size} ± {error} more than it would have under these "
            "conditions then.",
            "Against their baseline periods {count} plants together used {size} ± {error} more than they would have "
            "under these conditions then.",
            len(savings),
            size=size,
            error=doubt,
        )
    return say_count(
        "Against its baseline period {count} plant avoided {size} ± {error}.",
        "Against their baseline periods {count} plants together avoided {size} ± {error}.",
        len(savings),
        size=size,
        error=doubt,
    )


def _write_energies(first: float, *others: float) -> list[str]:
    return [f"{text} {get_unit().sign}" for text in format_energies(first, *others)]


def _build_table(reports: Sequence[Report], links: Mapping[str, str], currency: str) -> str:
    """Build a row for each plant; energies with their unit where plants have several."""
    is_mixed = len({report.energy_unit for report in reports}) > 1
    rows = [_build_row(report, links, is_mixed=is_mixed) for report in reports]
    heads = [
        say("plant"),
        say("energy above best") if is_mixed else say("energy above best, {energy_unit}"),
        say("share of best"),
        read_currency(currency),
        "t CO₂",
        say("avoided") if is_mixed else say("avoided, {energy_unit}"),
        say("remarks"),
    ]
    aligned = "|".join([":--", *["--:"] * (len(heads) - 1)])
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, *rows)]
    return "\n".join([lines[0], f"|{aligned}|", *lines[1:]])


def _build_row(report: Report, links: Mapping[str, str], *, is_mixed: bool) -> list[str]:
    choose_plant(find_unit(report.energy_unit))
    whole, unit = report.whole, f"{NBSP}{get_unit().sign}" if is_mixed else ""
    name = escape(report.name)
    return [
        f"[{name}]({links[report.plant]})" if report.plant in links else name,
        MISSING if whole.gap is None else write_gap(whole, report) + unit,
        format_share(whole.gap_frac, 1),
        MISSING if whole.gap is None else format_money(whole.gap.money),
        MISSING if whole.gap is None else format_co2(whole.gap.co2_t),
        MISSING if whole.savings is None else write_avoided(whole, report) + unit,
        format_number(len(report.remarks), 0),
    ]
