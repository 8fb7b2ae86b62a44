"""The command `elc report`: the report of a plant, or of all, for a month, quarter or year."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from elc.errors import ElcError
from elc.paths import find_project

if TYPE_CHECKING:
    from elc.paths import Project
    from elc.settings import Settings


@click.command(epilog="Example: elc report fjord --month 2026-05")
@click.argument("plant", required=False, default="")
@click.option("--month", default="", metavar="YYYY-MM", help="Default: the last full month.")
@click.option("--quarter", default="", metavar="YYYY-QN", help="A quarter, as in 2026-Q2.")
@click.option("--year", default="", metavar="YYYY", help="A year.")
@click.option(
    "--env", "environment", default="", metavar="NAME", help="Judged by the version there. Default: the candidate."
)
def report(plant: str, month: str, quarter: str, year: str, environment: str) -> None:
    """Report a plant, or all plants, for a month, quarter or year. The page is under reports/PLANT, with its PDF;
    the record and its tables (CSV, XLSX) are under data/report/PLANT/PERIOD.

    What operation reported is kept: made again with another result it becomes a new edition, and the former one stays.
    """
    from elc.settings import read_settings

    given = _choose_period(month, quarter, year)
    project = find_project(environment=environment)
    settings = read_settings(project)
    if plant:
        _report_plant(project, plant, given, settings)
    else:
        _report_fleet(project, given, settings)


def _choose_period(month: str, quarter: str, year: str) -> str:
    """Choose the one period that was named; an empty name where none was."""
    from elc.report import read_period

    named = {kind: name for kind, name in (("month", month), ("quarter", quarter), ("year", year)) if name}
    if len(named) > 1:
        raise click.UsageError("name a month, a quarter or a year.")
    for kind, name in named.items():
        if read_period(name).kind != kind:
            raise ElcError(f"--{kind} {name}: this is a {read_period(name).kind}. Write --{read_period(name).kind}.")
    return next(iter(named.values()), "")


def _report_plant(project: Project, plant: str, name: str, settings: Settings) -> None:
    from elc.errors import check_known
    from elc.pages import speech
    from elc.pages.report import strip_marks, write_answer
    from elc.render import write_report_pdf
    from elc.report import find_period, keep_page, read_report
    from elc.runner import run_stage
    from elc.settings import read_operation

    check_known("plant", plant, settings.plants)
    period = find_period(project, plant, name, settings.plants[plant]).name
    page = run_stage(project, "report", plant, {"period": period, "environment": project.environment})
    if project.environment:
        keep_page(project, plant, period)
    folder = project.report(plant, period)
    made = read_report(folder, root=project.root)
    chosen = read_operation(project, plant, project.environment)
    speech.speak_of(chosen, drivers=None)
    texts = write_answer(made, chosen)
    click.echo(strip_marks(" ".join(filter(None, texts))))
    edition = f", edition {made.edition}" if made.edition > 1 else ""
    where, pdfs = (
        folder.relative_to(project.root),
        _make_pdf(project, partial(write_report_pdf, project, plant, period)),
    )
    made_files = [page.relative_to(project.root), *pdfs, where / "report.xlsx"]
    click.echo(f"report {plant} {period}{edition}: {', '.join(map(str, made_files))}")


def _make_pdf(project: Project, write: Callable[[], Path]) -> list[Path]:
    """Make a PDF, and give its path; where that fails, say why on standard error and give none."""
    try:
        return [write().relative_to(project.root)]
    except ElcError as error:
        click.echo(f"elc: {error}", err=True)
        return []


def _report_fleet(project: Project, name: str, settings: Settings) -> None:
    """Report every plant for one period, and all of them side by side; a plant that fails stops no other."""
    from elc.render import write_fleet_pdf
    from elc.report import build_fleet, find_period, write_fleet

    plants = list(settings.plants)
    periods = [find_period(project, plant, name, settings.plants[plant]) for plant in plants]
    period = min(periods, key=lambda one: (one.year, one.month)).name
    failed = []
    for plant in plants:
        try:
            _report_plant(project, plant, period, settings)
        except ElcError as error:
            failed.append(str(error))
    fleet = build_fleet(project, plants, period)
    folder = write_fleet(project, fleet, settings.site.energy_unit)
    pdfs = _make_pdf(project, partial(write_fleet_pdf, project, folder, fleet))
    made_files = [*pdfs, folder.relative_to(project.root) / "report.xlsx"]
    click.echo(f"report of all plants, {period}: {', '.join(map(str, made_files))}")
    if failed:
        raise ElcError("\n".join(failed))
