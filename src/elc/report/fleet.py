"""The report of all plants for a period: the reports that were kept of each, side by side."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from elc.errors import ElcError
from elc.fields import TIME
from elc.paths import Project
from elc.records import RecordError
from elc.records.report import FLEET, FleetReport, Report, read_report
from elc.report.files import write_tables
from elc.report.period import Period, find_last_month, read_period
from elc.report.tables import build_fleet_tables
from elc.settings import PlantSettings


def find_period(project: Project, plant: str, name: str, entry: PlantSettings) -> Period:
    """Find the period of a name; for an empty one the last month of which a plant's hourly table reaches the end.

    Raises:
        ElcError: the name is not that of a period, or the plant has no hourly table.
    """
    return read_period(name) if name else find_last_month(read_end(project, plant, entry), entry.time_zone)


def read_end(project: Project, plant: str, entry: PlantSettings) -> pd.Timestamp:
    """Read when the last interval of a plant's hourly table ends (UTC).

    Raises:
        ElcError: there is no such table, or it holds no interval.
    """
    path = project.hourly(plant) / "hourly.parquet"
    last = pc.max(pq.read_table(path, columns=[TIME])[TIME]).as_py() if path.is_file() else None
    if last is None:
        where = path.relative_to(project.root).as_posix()
        raise ElcError(f"{where}: no interval to report, expected an hourly table. Run elc run ingest {plant}.")
    return pd.Timestamp(last).tz_convert("UTC") + entry.interval_length


def build_fleet(project: Project, plants: Iterable[str], period: str) -> FleetReport:
    """Build the report of all plants from those that are kept of a period."""
    found: list[Report] = []
    missing: list[str] = []
    for plant in plants:
        try:
            found.append(read_report(project.report(plant, period), root=project.root))
        except RecordError:
            missing.append(plant)
    return FleetReport(period=period, plants=tuple(found), missing=tuple(missing))


def read_fleet(project: Project, plants: Iterable[str], period: str) -> FleetReport:
    """Build the report of those plants that operation has ever reported."""
    return build_fleet(project, [plant for plant in plants if project.operation("report", plant).is_dir()], period)


def write_fleet(project: Project, fleet: FleetReport, energy_unit: str) -> Path:
    """Write the table of all plants in a unit of energy, as a workbook and as CSV; return its folder."""
    folder = project.report(FLEET, fleet.period)
    write_tables(folder, build_fleet_tables(fleet, energy_unit))
    return folder
