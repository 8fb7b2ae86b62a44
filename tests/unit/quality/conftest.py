"""A made plant without a fault: forty days of a running unit, to put faults into."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import quality, settings
from elc.fields import coverage
from elc.ingest import Traces, add_energy
from elc.paths import Project
from elc.settings import StageSettings, Tag, TagList

ROOT = Path(__file__).resolve().parents[3]
HOURS = 1000
CARRIERS = {"gas_energy_gj_per_h": "gas", "steam_energy_gj_per_h": "steam"}


def build_tag(tag: str, column: str, role: str, low: float | None, high: float | None) -> Tag:
    return Tag(tag, column, role, CARRIERS.get(column, ""), 1.0, 0.0, low, high, "")


TAGS = TagList(
    "fjord",
    (
        build_tag("FT-1", "gas_energy_gj_per_h", "energy", 0, 3000),
        build_tag("FT-3", "steam_energy_gj_per_h", "energy", 0, 300),
        build_tag("FT-2", "load_t_per_h", "throughput", 0, 80),
        build_tag("TI-1", "air_temp_degc", "driver", -40, 50),
        build_tag("TI-2", "cooling_water_temp_degc", "driver", None, None),
        build_tag("AI-1", "flue_o2_pct", "setpoint", 1, 6),
        build_tag("ZI-1", "antisurge_recycle_pct", "state", 0, 40),
        build_tag("NI-1", "mills_count", "state", None, None),
    ),
)
WOBBLE = {
    "gas_energy_gj_per_h": 6.0,
    "steam_energy_gj_per_h": 0.5,
    "load_t_per_h": 0.2,
    "air_temp_degc": 0.2,
    "cooling_water_temp_degc": 0.1,
    "flue_o2_pct": 0.02,
}


def build_walk(rng: np.random.Generator, hours: int, mean: float, size: float) -> np.ndarray:
    """An hourly measurement that wanders and is a little noisy."""
    walk = np.zeros(hours)
    for hour in range(1, hours):
        walk[hour] = 0.97 * walk[hour - 1] + rng.normal(0, 0.24)
    return np.asarray(mean + size * (walk + rng.normal(0, 0.05, hours)))


@dataclass
class Made:
    """An hourly table with its traces; `put` spoils both as readings would."""

    hourly: pd.DataFrame
    traces: Traces
    settings: StageSettings
    tags: TagList = TAGS

    def put(self, column: str, rows: slice, values: object) -> None:
        """Show other values, with the usual wobble inside each hour (`rows` includes its end)."""
        for frame, wobble in ((self.hourly, 0.0), (self.traces.low, -1.0), (self.traces.high, 1.0)):
            frame.loc[rows, column] = np.asarray(values) + wobble * WOBBLE.get(column, 0.0)

    def freeze(self, column: str, rows: slice) -> None:
        """Show the first hour's value in all, without a change after it."""
        value = self.hourly.loc[rows, column].iloc[0]
        for frame in (self.hourly, self.traces.low, self.traces.high):
            frame.loc[rows, column] = value
        self.traces.changes.loc[rows, column] = 0.0

    def lose(self, column: str, rows: slice) -> None:
        """Let no reading arrive."""
        for frame in (self.hourly, self.traces.low, self.traces.high):
            frame.loc[rows, column] = np.nan
        for frame in (self.traces.readings, self.traces.changes):
            frame.loc[rows, column] = 0.0
        self.hourly.loc[rows, coverage(column)] = 0.0

    def stop(self, rows: slice) -> None:
        """Stop the plant."""
        for column, value in {"load_t_per_h": 0.0, "gas_energy_gj_per_h": 50.0, "steam_energy_gj_per_h": 0.0}.items():
            for frame in (self.hourly, self.traces.low, self.traces.high):
                frame.loc[rows, column] = value

    def tell(self, **keys: object) -> None:
        """Change keys of the ingest section."""
        self.settings = replace(self.settings, ingest=self.settings.ingest.model_copy(update=keys))

    def tell_plant(self, **keys: object) -> None:
        """Change keys of the plant's entry."""
        self.settings = replace(self.settings, plant=self.settings.plant.model_copy(update=keys))

    def check(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        return quality.check_hourly(self.hourly, self.traces, self.tags, self.settings)

    def find(self) -> list[tuple[str, str, int]]:
        """What was found: check, column and hours."""
        return [(row.check, row.column, int(row.hours)) for row in self.check()[1].itertuples()]

    def first(self, rows: int) -> Made:
        """The same plant before the later rows were there."""
        names = ("low", "high", "readings", "changes")
        traces = Traces(*(getattr(self.traces, name).iloc[:rows].copy() for name in names))
        return replace(self, hourly=self.hourly.iloc[:rows].copy(), traces=traces)


def build_made(base: StageSettings, hours: int) -> Made:
    rng = np.random.default_rng(3)
    hourly = pd.DataFrame({"time_utc": pd.date_range("2024-06-01", periods=hours, freq="h", tz="UTC", unit="us")})
    load = build_walk(rng, hours, 60, 2)
    sun = -3 * np.cos(2 * np.pi * (np.arange(hours) - 3) / 24)
    weather = build_walk(rng, hours, 12, 4)
    hourly["gas_energy_gj_per_h"] = 28 * load * (1 + rng.normal(0, 0.003, hours))
    hourly["steam_energy_gj_per_h"] = 2 * load * (1 + rng.normal(0, 0.003, hours))
    hourly["load_t_per_h"] = load
    hourly["air_temp_degc"] = weather + sun
    hourly["cooling_water_temp_degc"] = 9 + 0.5 * (weather + sun) + rng.normal(0, 0.05, hours)
    hourly["flue_o2_pct"] = build_walk(rng, hours, 2.5, 0.3)
    hourly["antisurge_recycle_pct"] = 0.0
    hourly["mills_count"] = 3.0
    columns = [tag.column for tag in TAGS]
    wobble = pd.Series({name: WOBBLE.get(name, 0.0) for name in columns})
    moves = {name: 12.0 if name in WOBBLE else 0.0 for name in columns}
    readings = pd.DataFrame(12.0, index=hourly.index, columns=columns)
    traces = Traces(hourly[columns] - wobble, hourly[columns] + wobble, readings, readings * 0 + pd.Series(moves))
    hourly = hourly.assign(**{coverage(name): 1.0 for name in columns})
    return Made(add_energy(hourly, TAGS, base.plant.carriers), traces, base)


@pytest.fixture(scope="session")
def fjord() -> StageSettings:
    given = settings.read_plant(Project(ROOT), "fjord")
    keys = {"min_coverage_frac": 0.5, "spike_deviations": 8, "frozen_h": 6, "low_coverage_frac": 0.9}
    masks = ["range", "frozen", "spike", "unit"]
    return replace(given, ingest=given.ingest.model_copy(update={**keys, "masks": masks}))


@pytest.fixture
def made(fjord: StageSettings) -> Made:
    return build_made(fjord, HOURS)


@pytest.fixture
def long_made(fjord: StageSettings) -> Made:
    """Eight months, where a fault of days must be a small part of all."""
    return build_made(fjord, 6000)
