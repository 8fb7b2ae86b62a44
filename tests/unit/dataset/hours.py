"""Hours made by hand, for the tests of the dataset stage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from elc import dataset, settings
from elc.fields import ENERGY, TIME
from elc.paths import Project

LOAD = "load_t_per_h"
NAN = float("nan")
GATE = settings.DatasetSettings(
    min_load_frac=0.5,
    steady_window_h=4,
    max_load_slope_frac_per_h=0.01,
    settle_after_start_h=12,
    train_frac=0.6,
    valid_frac=0.2,
    min_hours=20,
    min_period_days=365,
    min_valid_frac=0.75,
    max_missing_h=48,
    min_hours_per_feature=100,
    load_bands=4,
    min_hours_per_band=10,
    min_load_range_frac=0.2,
    min_inside_frac=0.95,
)


def build_settings(*, interval: str = "1h", is_continuous: bool = True, **gate: Any) -> settings.StageSettings:
    """The settings of fjord, with another interval, kind of export or gate."""
    chosen = settings.read_plant(Project(Path(__file__).parents[3]), "fjord")
    export = settings.Export(is_continuous=is_continuous)
    plant = chosen.plant.model_copy(update={"interval": interval, "export": export})
    return replace(chosen, plant=plant, dataset=GATE.model_copy(update=gate))


def build_hours(loads: list[float], interval: str = "1h") -> pd.DataFrame:
    """Intervals of given loads (t/h) at 28 GJ/t in a day's swing of air temperature, from 1 January 2024."""
    times = pd.date_range("2024-01-01", periods=len(loads), freq=pd.Timedelta(interval), tz="UTC")
    load = np.array(loads, dtype=float)
    air = 10 + np.sin(np.arange(len(loads)) / 4) / 4
    return pd.DataFrame({TIME: times, LOAD: load, "air_temp_degc": air, "flue_o2_pct": 2.0, ENERGY: 28 * load})


def build_tags() -> settings.TagList:
    """A driver, which stands first in the list and yet after the throughput in the features, and a set-point."""

    def tag(column: str, role: str, low: float | None) -> settings.Tag:
        return settings.Tag(column.upper(), column, role, "", 1.0, 0.0, low, None, "")

    tags = [tag("air_temp_degc", "driver", -45.0), tag(LOAD, "throughput", 0.0), tag("flue_o2_pct", "setpoint", None)]
    return settings.TagList("fjord", tuple(tags))


def mark(loads: list[float], chosen: settings.StageSettings) -> pd.DataFrame:
    """Hours with their states, at a rated load of 100 t/h."""
    return dataset.mark_states(build_hours(loads, chosen.plant.interval), LOAD, 100.0, chosen)
