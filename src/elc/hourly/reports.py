"""The report of a month that is over: the first hour that finds it over makes it, once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from elc import alerts
from elc.errors import ElcError
from elc.hourly.changes import HOURS, REPORT, read_last
from elc.paths import Project
from elc.records.report import FILE, FLEET
from elc.settings import PlantSettings, StageSettings, read_operation, read_settings
from elc.workers import EndedError, Task, Workers

# ASSUME: what has not come three days after a month comes too late for its report, which is then made without it.
PATIENCE = timedelta(days=3)


def make_reports(project: Project, plants: Sequence[str], workers: Workers, *, now: datetime) -> tuple[bool, list[str]]:
    """Make the report of the last month of each plant where it is over and has none.

    One that fails says so as a failed stage, and is tried again in the next hour. One whose PDF fails is there without.

    Returns:
        Whether any was made, and sentences of what each lacks.
    """
    due = {plant: month for plant in plants if (month := _find_due(project, plant, now=now))}

    def make(plant: str) -> list[str] | None:
        with workers.take() as worker:
            if worker.run(Task(project, REPORT, plant, {"period": due[plant]})):
                return None
            try:
                return worker.call(_keep_page, project, plant, due[plant])
            except EndedError as error:
                return [f"plant {plant}: the page of the report of {due[plant]} was not kept: {error}. See the log."]

    with ThreadPoolExecutor(workers.count) as pool:
        found = {plant: lacking for plant, lacking in zip(due, pool.map(make, due), strict=True) if lacking is not None}
    lacking = [sentence for sentences in found.values() for sentence in sentences]
    for month in sorted({due[plant] for plant in found}):
        lacking += _make_fleet(project, month, workers)
    return bool(found), lacking


def _make_fleet(project: Project, month: str, workers: Workers) -> list[str]:
    """Make the report of all plants anew, of which one has a new report; say what it lacks."""
    with workers.take() as worker:
        try:
            return worker.call(_keep_fleet, project, month)
        except EndedError as error:
            return [f"the report of all plants for {month} was not made: {error}. See the log."]


def _find_due(project: Project, plant: str, *, now: datetime) -> str:
    """Find the month of a plant that is over and has no report; empty where there is none."""
    chosen = read_operation(project, plant, project.environment)
    month = find_due_month(read_last(project.operation("monitor", plant) / HOURS), chosen, now=now)
    return "" if month and (project.report(plant, month) / FILE).is_file() else month


def _keep_page(project: Project, plant: str, month: str) -> list[str]:
    """Keep the page of a report beside its record, as notebook and as PDF; say why there is no PDF, if so."""
    from elc.render import write_report_pdf  # seconds to import; a worker has it already
    from elc.report import keep_page

    keep_page(project, plant, month)
    try:
        write_report_pdf(project, plant, month)
    except ElcError as error:
        return [str(error)]
    return []


def _keep_fleet(project: Project, month: str) -> list[str]:
    """Keep the workbook and the PDF of all plants that operation has ever reported; say why there is no PDF, if so."""
    from elc.render import write_fleet_pdf
    from elc.report import read_fleet, write_fleet

    settings = read_settings(project)
    fleet = read_fleet(project, settings.plants, month)
    try:
        write_fleet_pdf(project, write_fleet(project, fleet, settings.site.energy_unit), fleet)
    except ElcError as error:
        return [str(error)]
    return []


def mail_reports(project: Project, plants: Sequence[str], *, now: datetime) -> list[str]:
    """Mail the reports that were not mailed: of these plants, and of all once none is waited for; say what failed."""
    unsent = alerts.mail_reports(project, plants, now=now)
    months = sorted(path.name for path in project.operation("report", FLEET).glob("????-[01][0-9]"))
    if not months or not alerts.is_fleet_wanted(project, months[-1]):
        return unsent
    if any(_is_awaited(project, plant, months[-1], now=now) for plant in read_settings(project).plants):
        return unsent
    return [*unsent, *alerts.mail_fleet_report(project, months[-1], now=now)]


def _is_awaited(project: Project, plant: str, month: str, *, now: datetime) -> bool:
    """Whether a plant of this environment may still get its report of a month; no longer than `PATIENCE` beyond it."""
    last = read_last(project.operation("monitor", plant) / HOURS)
    if last is None or (project.report(plant, month) / FILE).is_file():
        return False
    chosen = read_operation(project, plant, project.environment)
    is_over = _find_month_before(_find_end_of_wait(chosen, now), chosen.plant) >= month
    return not is_over and find_due_month(last, chosen, now=now) <= month


def find_due_month(last: datetime | None, settings: StageSettings, *, now: datetime) -> str:
    """Find the last month that is over, by the site's clock: its name, as 2026-05; empty where no data are there.

    It is over when the data reach `report.wait_h` beyond it, so that late readings are in it; or, for a plant whose
    data stopped in it, when the clock is `PATIENCE` beyond it. A month without any data is due to nobody: it can be
    asked for. The data of a simulated plant have an end, so only they count.

    Args:
        last: start of the last interval (UTC).
        settings: of the plant.
        now: the present moment (aware).
    """
    if last is None:
        return ""
    waited = timedelta(hours=settings.report.wait_h)
    reached = last + timedelta(hours=settings.plant.interval_h) - waited
    month = _find_month_before(reached, settings.plant)
    if settings.is_simulated:
        return month
    over = _find_month_before(_find_end_of_wait(settings, now), settings.plant)
    return max(month, min(over, f"{last.astimezone(ZoneInfo(settings.plant.time_zone)):%Y-%m}"))


def _find_end_of_wait(settings: StageSettings, now: datetime) -> datetime:
    """Find up to when what has not come is not waited for any more."""
    return now - timedelta(hours=settings.report.wait_h) - PATIENCE


def _find_month_before(moment: datetime, plant: PlantSettings) -> str:
    first = moment.astimezone(ZoneInfo(plant.time_zone)).replace(day=1, tzinfo=UTC)
    return f"{first - timedelta(days=1):%Y-%m}"
