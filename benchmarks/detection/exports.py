"""Frozen tags and changed units: in the export of a simulated plant, read by `ingest`, checked by `quality`."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.detection.plants import PROJECT
from benchmarks.figures import Figure
from elc import ingest, quality, settings
from elc.fields import STATE, TIME
from elc.ingest import Traces
from elc.settings import TagList
from elc.simulate.faults import FaultInjector
from elc.simulate.historian import Readings, build_readings, write_export
from elc.simulate.operation import build_history

START, DAYS, CALM_DAYS = "2025-01-10", 150, 50
RATES = {"frozen_per_month": 4.0, "unit_mixups": 8}
CALM = {
    "gap_frac": 0.0,
    "spike_frac": 0.0,
    "drift_frac_per_year": 0.0,
    "clipped_tags": 0,
    "failed_transmitters": 0,
    "renamed_tags": 0,
    "clock_shifts": 0,
    "duplicate_frac": 0.0,
    "uncertain_frac": 0.0,
    "totaliser_resets": 0,
}
ASKED_H = (3, 6, 8, 10, 12, 16, 20, 24, 36, 48, 72, 120)


def measure_exports(seeds: dict[str, tuple[int, ...]]) -> Iterator[Figure]:
    """Measure the share that is found while it lasts or after, and the hours until it could be told."""
    found: dict[str, list[float | None]] = {"frozen": [], "unit": []}
    for plant, several in seeds.items():
        for name, hours in _measure_plant(plant, several[0]):
            found[name].append(hours)
    for name, every in found.items():
        known = [one for one in every if one is not None]
        case = f"{name}, of {len(every)}"
        yield Figure("detection", case, "found", 100 * len(known) / len(every), "%")
        yield Figure("detection", case, "median until", float(np.median(known)), "h")


def _measure_plant(plant: str, seed: int) -> Iterator[tuple[str, float | None]]:
    whole = settings.read_settings(PROJECT)
    given = whole.simulate.plants[plant]
    faults = given.faults.model_copy(update=CALM | RATES)
    spec = given.model_copy(update={"seed": seed, "faults": faults, "turnaround_day": 0})
    history = build_history(spec, START, DAYS)
    rng = np.random.default_rng([seed, 2])
    tags = settings.read_tags(PROJECT.tags(plant), plant)
    clean = [
        build_readings(history.hours, tag, whole.simulate.step_min, rng) for tag in tags.tags if not tag.is_computed
    ]
    readings = copy.deepcopy(clean)
    injected = FaultInjector(readings, spec.faults, rng).inject()
    hourly, traces = _read(readings, tags)
    columns = {tag.tag: tag.column for tag in tags if tag.role != "ignore"}
    running = history.hours.set_index(TIME)[STATE].eq("run")
    for fault in injected.itertuples():
        column = columns.get(fault.tag)
        during = running[(running.index >= fault.start.floor("h")) & (running.index < fault.end)]
        # A spell of some hours is looked for, once the tag's habit is known; a stopped plant's tags rest.
        is_long = (fault.end - fault.start) >= pd.Timedelta("12h") and bool(during.all())
        is_late = fault.start >= hourly[TIME].iloc[0] + pd.Timedelta(CALM_DAYS, "D")
        if fault.kind in ("frozen", "unit") and column and is_long and is_late:
            yield fault.kind, _find_delay(fault.kind, column, fault.start, hourly, traces, tags)


def _find_delay(
    kind: str, column: str, start: pd.Timestamp, hourly: pd.DataFrame, traces: Traces, tags: TagList
) -> float | None:
    """Hours from the start until a finding of the kind on the column overlaps it, asked at the end of some of them."""
    chosen = settings.read_plant(PROJECT, tags.plant)
    for hours in ASKED_H:
        end = start + pd.Timedelta(hours, "h")
        rows = int((hourly[TIME] < end).sum())
        known = Traces(*(getattr(traces, name).iloc[:rows] for name in ("low", "high", "readings", "changes")))
        found = quality.check_hourly(hourly.iloc[:rows], known, tags, chosen)[1]
        same = found[(found["check"] == kind) & (found["column"] == column)]
        if ((same["start"] < end) & (same["end"] > start)).any():
            return float(hours)
    return None


def _read(readings: list[Readings], tags: TagList) -> tuple[pd.DataFrame, Traces]:
    chosen = settings.read_plant(PROJECT, tags.plant)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "raw"
        folder.mkdir()
        write_export(folder, readings, chosen.plant)
        hourly, traces, _ = ingest.read_export(folder, tags, chosen, cache=Path(name) / "cache")
    return hourly, traces
