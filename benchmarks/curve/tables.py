"""Measured plants: Escalante's published steady states, and any table with its tag list.

In time order, the first 60 % train, the next 15 % say when to stop, the rest is the test. The references are fitted
on both of the former, as the curve is in the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from benchmarks.curve.compare import QUANTILE, Result, compare
from benchmarks.curve.project import ROOT, build_entry, open_project, read_params, skip, train_split
from benchmarks.curve.references import score_all
from benchmarks.figures import Figure
from elc import settings
from elc.dataset import Split
from elc.errors import check_faults
from elc.evaluate.metrics import pinball
from elc.fields import BEST, ENERGY, TIME
from elc.paths import Project
from elc.settings import TagList

SHARES = (0.6, 0.75)
RATED_QUANTILE = 0.98
# Pinball loss of best on all published drivers, short tons/h. Of LightGBM's, the options are not known.
KNOWN = {"line_on_load": 0.328, "linear_energy": 0.354, "boosted_energy": 0.439, "boosted_sec": 0.428}
EXAMPLE = ROOT / "examples" / "escalante"


@dataclass(frozen=True)
class Inputs:
    """What references see where no package says it."""

    throughput: str
    features: list[str]


def measure() -> Iterator[Figure | Result]:
    """Measure on Escalante as its example configures it; pinball loss in the short tons of coal that were measured."""
    path = Path(os.environ.get("ELC_SHARED", "missing")) / "datasets" / "escalante" / "data_small.csv"
    if not path.is_file():
        skip("escalante", "its data are not here. Set ELC_SHARED to their folder.")
        return
    tags = settings.read_tags(EXAMPLE / "tags.csv", "escalante")
    unit = ("short tons/h", tags.find(tags.columns("energy")[0]).factor)
    table = pd.read_csv(path)
    table = table.rename(columns={table.columns[0]: TIME})  # it has no name
    entry = _read_entry(EXAMPLE / "plant.yaml")
    yield from _measure_all_drivers(table, tags, entry["export"]["time_format"], unit)
    yield _compare(table, EXAMPLE / "tags.csv", "escalante", entry, TIME, unit)


def _measure_all_drivers(
    table: pd.DataFrame, tags: TagList, time_format: str, unit: tuple[str, float]
) -> Iterator[Figure]:
    """Measure the references on every driver that was published, on the first 75 %, where figures are known."""
    used = tuple(replace(tag, role="driver") if tag.role == "ignore" else tag for tag in tags.tags)
    every = replace(tags, tags=used)
    where = "plant escalante: the table"
    hours = read_hours(table, every, time=TIME, time_format=time_format, where=where)
    split = build_split(hours, every.throughput)
    inputs = Inputs(every.throughput, every.features)
    chosen = settings.read_settings(Project(ROOT)).evaluate
    actual = split.test[ENERGY].to_numpy(float)
    for name, frame in score_all(split, split.test, inputs, chosen).items():
        loss, known = pinball(actual, frame[BEST].to_numpy(float), QUANTILE) / unit[1], KNOWN.get(name)
        against = (f"known {known}", loss / known) if known else (None, None)
        yield Figure("curve", "escalante, all drivers", f"{name}, pinball", loss, unit[0], *against)


def measure_table(path: Path, tags: Path, entry: Path | None, time: str) -> Iterator[Result]:
    """Measure on a table, with the settings of params.yaml or of the plant's own entry."""
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    carriers = [tag.carrier for tag in settings.read_tags(tags, "table") if tag.carrier]
    content = _read_entry(entry) if entry else build_entry(list(dict.fromkeys(carriers)))
    yield _compare(table, tags, "table", content, time, ("GJ/h", 1.0))


def _compare(
    table: pd.DataFrame, tags: Path, plant: str, entry: dict[str, Any], time: str, unit: tuple[str, float]
) -> Result:
    params = read_params()
    params["simulate"]["plants"], params["plants"] = {}, {plant: entry}
    listed = settings.read_tags(tags, plant)
    time_format = entry.get("export", {}).get("time_format")
    hours = read_hours(table, listed, time=time, time_format=time_format, where=f"plant {plant}: the table")
    split = build_split(hours, listed.throughput)
    with open_project(plant, params, tags.read_text(encoding="utf-8")) as project:
        package = train_split(project, plant, split)
        chosen = settings.read_plant(project, plant).evaluate
        return compare(plant, split, package, chosen, truth=None, unit=unit)


def read_hours(table: pd.DataFrame, tags: TagList, *, time: str, time_format: str | None, where: str) -> pd.DataFrame:
    """Read the columns of a tag list from a table that has them, or their tags, as columns.

    Raises:
        ElcError: the time or a column is missing, or several carriers stand without their sum.
    """
    energies = tags.columns("energy")
    wanted = tags.features + tags.columns("setpoint") + (energies if ENERGY not in table else [])
    names = {column: column if column in table else tags.find(column).tag for column in wanted}
    faults = [
        f"column {column} (tag {name}) is missing. Add it." for column, name in names.items() if name not in table
    ]
    if time not in table:
        faults.append(f"time column {time} is missing. Name the right one with --time.")
    if ENERGY not in table and len(energies) > 1:
        faults.append(f"{len(energies)} carriers, whose signs it does not say. Add their sum as {ENERGY}.")
    check_faults(where, faults)
    found = {TIME: pd.to_datetime(table[time], format=time_format, utc=True)}
    for column, name in names.items():
        tag = tags.find(column)
        found[column] = table[name] if name == column else table[name] * tag.factor + tag.offset
    hours = pd.DataFrame(found).assign(**{ENERGY: table[ENERGY] if ENERGY in table else found[energies[0]]})
    return hours.dropna(subset=[TIME, ENERGY, *tags.features]).sort_values(TIME, ignore_index=True)


def build_split(hours: pd.DataFrame, throughput: str) -> Split:
    """Split by time as published comparisons do: no hour between the parts is left out."""
    cuts = [int(len(hours) * share) for share in SHARES]
    parts = [hours.iloc[rows].reset_index(drop=True) for rows in np.split(np.arange(len(hours)), cuts)]
    return Split(float(hours[throughput].quantile(RATED_QUANTILE)), *parts)


def _read_entry(path: Path) -> dict[str, Any]:
    entry: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return entry
