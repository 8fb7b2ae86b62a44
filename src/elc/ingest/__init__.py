"""From a historian's export to the hourly table of a plant."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from elc.errors import ElcError, check_faults
from elc.fields import TIME
from elc.findings import Finding, build_frame
from elc.ingest.hourly import add_energy, build_hourly, build_intervals, build_utc
from elc.ingest.readers import connect, read_readings
from elc.paths import replace_file
from elc.settings import StageSettings, TagList

__all__ = ["add_energy", "read_export", "read_hourly", "write_hourly"]


def read_export(folder: Path, tags: TagList, settings: StageSettings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read an export into the hourly table and the findings about its clock.

    Returns:
        hourly (intervals, columns) with `time_utc`, a column per mapped quantity, its coverage and
        `energy_gj_per_h`; and findings.

    Raises:
        ElcError: the export or the tag list cannot be used; every fault is named.
    """
    plant = settings.plant
    unknown = {tag.carrier for tag in tags if tag.role == "energy"} - set(plant.carriers)
    check_faults(
        f"plant {tags.plant}",
        [f"carrier {name} of the tag list is not under carriers in params.yaml. Add it." for name in sorted(unknown)],
    )
    interval_s = int(pd.Timedelta(plant.interval).total_seconds())
    findings: list[Finding] = []
    with connect(f"plant {tags.plant}: export {folder}") as backend:
        readings = read_readings(backend, folder, plant.export, tags)
        readings, findings = build_utc(readings, plant.export.time_zone, tags.plant)
        hold_h = settings.ingest.max_hold_h if plant.export.is_continuous else interval_s / 3600
        intervals = build_intervals(
            readings, interval_s, max_hold_h=hold_h, accept_uncertain=settings.ingest.accept_uncertain
        ).execute()
    if intervals.empty:
        raise ElcError(
            f"plant {tags.plant}: export {folder}: holds no reading of good quality. Look at its quality column, or "
            "set ingest.accept_uncertain."
        )
    hourly = build_hourly(
        intervals,
        tags,
        plant.carriers,
        interval=plant.interval,
        min_coverage_frac=settings.ingest.min_coverage_frac,
    )
    return hourly, build_frame(findings)


def write_hourly(folder: Path, hourly: pd.DataFrame) -> None:
    """Write the hourly table, whole or not at all."""
    with replace_file(folder / "hourly.parquet") as temporary:
        hourly.to_parquet(temporary, index=False)


def read_hourly(folder: Path) -> pd.DataFrame:
    """Read the hourly table, in time order."""
    return pd.read_parquet(folder / "hourly.parquet").sort_values(TIME, ignore_index=True)
