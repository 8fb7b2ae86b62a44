"""The reports of all plants for the last month that has any: a sentence and a table, on the page of all plants."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

import yaml

from elc.fields import read_currency
from elc.pages.language import (
    MISSING,
    NBSP,
    choose_plant,
    escape,
    find_unit,
    format_co2,
    format_money,
    format_number,
    format_share,
    get_unit,
    say,
    say_count,
)
from elc.pages.report import (
    build_basis_table,
    build_fleet_bars,
    build_gap_table,
    build_use_table,
    name_period,
    write_avoided,
    write_fleet_basis,
    write_fleet_head,
    write_fleet_remarks,
    write_gap,
    write_sum,
    write_table,
)
from elc.paths import Project
from elc.records import RecordError
from elc.records.report import FILE, FleetReport, Report, read_report
from elc.registry import find_place
from elc.render.groups import MANY
from elc.render.receipts import Page
from elc.settings import Settings, StageSettings
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
    return [f"## {heading}", write_sum(reports, currency), table]


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
    return write_table(heads, rows)


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


def build_fleet_text(fleet: FleetReport, chosen: Mapping[str, StageSettings], site: Settings) -> str:
    """Build the report of all plants for paper, as Markdown with front matter, in the site's language and unit.

    `chosen` are the settings of each plant that has a report.
    """
    names, currency, unit = (
        {plant: one.name for plant, one in site.plants.items()},
        site.site.currency,
        site.site.energy_unit,
    )
    remarks = write_fleet_remarks(fleet, names, chosen)
    choose_plant(unit)
    front = yaml.safe_dump({"title": f"{say('All plants')}: {say('Report')}"}, allow_unicode=True)
    title, bars = build_fleet_bars(fleet, currency)
    parts = [f"---\n{front}---", write_fleet_head(fleet, chosen, currency), remarks]
    if bars:
        parts += [f"## {title}", _draw_bars(bars)]
    if fleet.plants:
        parts += [f"## {say('Energy above best, and what was avoided')}", build_gap_table(fleet, currency)]
        parts += [f"## {say('Energy and production')}", build_use_table(fleet)]
        parts += [f"## {say('What these numbers rest on')}", write_fleet_basis(fleet), build_basis_table(fleet, chosen)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _draw_bars(bars: Sequence[tuple[str, float, str]]) -> str:
    """Draw a bar for each plant as Typst does (see page.typ); texts are JSON, which Typst reads as they are."""
    rows = ", ".join(
        f"({json.dumps([name, amount], ensure_ascii=False)[1:-1]}, {share:.4f})" for name, share, amount in bars
    )
    return f"```{{=typst}}\n#bars(({rows},))\n```"
