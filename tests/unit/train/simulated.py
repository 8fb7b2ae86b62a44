"""Hours of a plant whose quantiles of energy are known, and settings so small that training takes a second."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.fields import AGE, ENERGY, TIME
from elc.settings import Tag, TagList, TrainSettings

Array = NDArray[np.float64]
LOAD, AIR, PRESSURE, FLUE = "load_t_per_h", "air_temp_degc", "feed_pressure_bar", "flue_o2_pct"
FEATURES = [LOAD, AIR, PRESSURE]
Z10 = 1.2815515655446004  # of the standard normal distribution, above its 90 % quantile
SETTINGS = TrainSettings(
    seed=7,
    load_pieces=3,
    driver_bins=4,
    hidden_units=4,
    members=3,
    block_days=7,
    response_units=3,
    epochs=2,
    patience=5,
    batch_size=256,
    learning_rate=0.004,
    response_learning_rate=0.004,
    weight_decay=0.001,
    interval_frac=0.8,
    precedent_frac=0.1,
    envelope_margin_frac=0.02,
    envelope_prototypes=16,
)


def find_straight(hours: pd.DataFrame) -> Array:
    """ln(SEC) that falls with ln(load), rises with air and falls with pressure, each in a straight line."""
    load = -0.1 * np.log(hours[LOAD] / 60)
    return np.asarray(np.log(30) + load + 0.002 * hours[AIR] - 0.004 * (hours[PRESSURE] - 30), np.float64)


def find_bent(hours: pd.DataFrame) -> Array:
    """As above, with air that costs at high load and spares at low load: no sum of pieces holds it."""
    return find_straight(hours) + 0.004 * (hours[AIR].to_numpy() - 10) * (hours[LOAD].to_numpy() - 50) / 15


def find_aged(hours: pd.DataFrame) -> Array:
    """As straight, and 1 % more for each 100 days since the turnaround."""
    return find_straight(hours) + 0.0001 * hours[AGE].to_numpy()


def build_hours(
    count: int, seed: int, sec: Callable[[pd.DataFrame], Array] = find_straight, *, deviation: float = 0.01
) -> pd.DataFrame:
    """Build independent hours from January 2024 on, in which ln(SEC) scatters normally around `sec`."""
    rng = np.random.default_rng(seed)
    hours = pd.DataFrame(
        {
            TIME: pd.date_range("2024-01-01", periods=count, freq="h", tz="UTC"),
            LOAD: rng.uniform(35, 65, count),
            AIR: rng.uniform(-5, 25, count),
            PRESSURE: rng.uniform(26, 34, count),
            FLUE: rng.uniform(1, 5, count),
            AGE: 100 + np.arange(count) / 24,
        }
    )
    scatter = deviation * rng.normal(0, 1, count)
    return hours.assign(**{ENERGY: hours[LOAD] * np.exp(sec(hours) + scatter)})


def split_hours(hours: pd.DataFrame, train: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split hours into the first `train` and the rest."""
    return hours.iloc[:train].reset_index(drop=True), hours.iloc[train:].reset_index(drop=True)


def build_tags() -> TagList:
    """Tags of the columns above; air rises, pressure falls."""

    def tag(column: str, role: str, monotone: str = "") -> Tag:
        return Tag(column.upper(), column, role, "", 1.0, 0.0, None, None, "", monotone=monotone)

    drivers = [tag(AIR, "driver", "up"), tag(PRESSURE, "driver", "down"), tag(AGE, "driver")]
    return TagList("fjord", (tag(LOAD, "throughput"), *drivers, tag(FLUE, "setpoint")))
