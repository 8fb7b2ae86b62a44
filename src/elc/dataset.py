"""From the hourly table to the hours a curve may learn from: plant state, steady-state gate, chronological split."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from elc.errors import ElcError
from elc.fields import ENERGY, IS_STEADY, STATE, TIME
from elc.paths import replace_folder
from elc.settings import DatasetSettings, StageSettings, TagList

PARTS = ("train", "valid", "test")


@dataclass(frozen=True)
class Split:
    """Steady hours in time order, no hour in two parts, and the rated load that judged them steady."""

    rated_load: float
    train: pd.DataFrame
    valid: pd.DataFrame
    test: pd.DataFrame


def mark_states(hourly: pd.DataFrame, throughput: str, rated_load: float, settings: StageSettings) -> pd.DataFrame:
    """Add `plant_state` (run, ramp, start, trip, unknown) and `is_steady`.

    A trip is a load below `min_load_frac` of the rated load; a start-up lasts from the end of a trip until
    `settle_after_start_h` later; a ramp moves faster than `max_load_slope_frac_per_h` over the steady window.
    An export of chosen intervals has no start-ups and ramps to tell.
    """
    gate, plant = settings.dataset, settings.plant
    load_frac = hourly[throughput] / rated_load
    per_hour = pd.Timedelta("1h") / pd.Timedelta(plant.interval)
    is_down = load_frac < gate.min_load_frac
    conditions = [load_frac.isna(), is_down]
    if plant.export.is_continuous:
        settling = round(gate.settle_after_start_h * per_hour)
        was_down = is_down.astype(float).rolling(settling + 1, min_periods=1).max().gt(0)
        conditions += [was_down, _find_ramps(load_frac, gate, per_hour)]
    names = ["unknown", "trip", "start", "ramp"][: len(conditions)]
    marked = hourly.assign(**{STATE: np.select(conditions, names, default="run")})
    return marked.assign(**{IS_STEADY: marked[STATE].eq("run")})


def _find_ramps(load_frac: pd.Series, gate: DatasetSettings, per_hour: float) -> pd.Series:
    count = max(round(gate.steady_window_h * per_hour), 1)
    window = load_frac.rolling(count + 1, min_periods=1)  # that many steps, so one more row
    slope = (window.max() - window.min()) / gate.steady_window_h
    return slope > gate.max_load_slope_frac_per_h


def find_rated_load(hourly: pd.DataFrame, throughput: str) -> float:
    """The 98 % quantile of load: what the plant runs at when it runs well."""
    return float(hourly[throughput].quantile(0.98))


def drop_after(hourly: pd.DataFrame, day: str | None) -> pd.DataFrame:
    """Keep the hours before a UTC day (`train_until`); all of them where none is given."""
    if day is None:
        return hourly
    return hourly[hourly[TIME] < pd.Timestamp(day, tz="UTC")]


def drop_unsteady(hourly: pd.DataFrame, tags: TagList) -> pd.DataFrame:
    """Keep steady hours in which energy, throughput and every driver are known."""
    known = hourly[[ENERGY, *tags.features]].notna().all(axis=1)
    positive = (hourly[ENERGY] > 0) & (hourly[tags.throughput] > 0)
    return hourly[hourly[IS_STEADY] & known & positive].reset_index(drop=True)


def build_split(steady: pd.DataFrame, rated_load: float, settings: StageSettings) -> Split:
    """Split steady hours by time into train, valid and test.

    Raises:
        ElcError: fewer than `min_hours` steady hours, or shares that leave nothing to test on.
    """
    frac = settings.dataset
    where = f"plant {settings.plant_id}"
    if len(steady) < frac.min_hours:
        raise ElcError(
            f"{where}: {len(steady)} steady intervals are left, expected at least {frac.min_hours} "
            "(dataset.min_hours). Bring a longer export, or look at the findings of ingest for what was dropped."
        )
    if frac.train_frac + frac.valid_frac >= 1:
        raise ElcError(f"{where}: dataset.train_frac and valid_frac leave nothing to test on. Lower one.")
    ordered = steady.sort_values(TIME, ignore_index=True)
    cuts = [round(len(ordered) * share) for share in (frac.train_frac, frac.train_frac + frac.valid_frac)]
    parts = np.split(np.arange(len(ordered)), cuts)
    return Split(rated_load, *(ordered.iloc[rows].reset_index(drop=True) for rows in parts))


def summarise(hourly: pd.DataFrame, split: Split, interval: str) -> pd.DataFrame:
    """Hours and energy (TJ) by plant state, and the hours of each part: start-ups and trips are booked apart."""
    width_h = pd.Timedelta(interval) / pd.Timedelta("1h")
    states = hourly.groupby(STATE)[ENERGY].agg(["size", "sum"])
    rows = [
        {"what": f"state: {state}", "hours": row["size"] * width_h, "energy, TJ": row["sum"] * width_h / 1000}
        for state, row in states.iterrows()
    ]
    for part in PARTS:
        frame = getattr(split, part)
        days = f"{frame[TIME].iloc[0]:%Y-%m-%d} to {frame[TIME].iloc[-1]:%Y-%m-%d}"
        energy = frame[ENERGY].sum() * width_h / 1000
        rows.append({"what": f"{part}: {days}", "hours": len(frame) * width_h, "energy, TJ": energy})
    return pd.DataFrame(rows)


def write_split(folder: Path, split: Split) -> None:
    """Write train, valid, test and `split.json`, all or none."""
    with replace_folder(folder) as fresh:
        for part in PARTS:
            getattr(split, part).to_parquet(fresh / f"{part}.parquet", index=False)
        (fresh / "split.json").write_text(json.dumps({"rated_load": split.rated_load}) + "\n", encoding="utf-8")


def read_split(folder: Path) -> Split:
    """Read what `write_split` wrote."""
    rated_load = json.loads((folder / "split.json").read_text(encoding="utf-8"))["rated_load"]
    return Split(rated_load, *(pd.read_parquet(folder / f"{part}.parquet") for part in PARTS))
