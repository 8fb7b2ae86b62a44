"""What only a simulator knows; kept beside the data for tests and benchmarks, never read by the pipeline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from elc.fields import STATE, TIME
from elc.files import replace_file
from elc.simulate.operation import CREWS, NOISE_FRAC, TrueHours, attention
from elc.simulate.physics import Array

SAMPLES = 60_000
QUANTILES = (0.1, 0.5)


def build_truth(history: TrueHours) -> pd.DataFrame:
    """Build the true hours with the conditional 10 % and 50 % quantiles of energy given the drivers (GJ/h).

    Given the drivers and the plant's age, only the crew, the wandering of its set-points and the noise are
    unknown; their stationary distribution is sampled. Hours that do not run have no quantile.
    """
    hours = history.hours.copy()
    water = hours["cooling_water_temp_degc"].to_numpy()
    stray = history.plant.discipline * attention(water)
    grid = np.linspace(stray.min(), stray.max(), 12)
    excess = np.array([_sample_excess(history, factor) for factor in grid])
    running = (hours[STATE] == "run").to_numpy()
    for index, quantile in enumerate(QUANTILES):
        sec = np.interp(stray, grid, excess[:, index])
        energy = hours["energy_at_best_gj_per_h"] + sec * hours["load_t_per_h"]
        hours[f"energy_q{quantile * 100:.0f}_gj_per_h"] = np.where(running, energy, np.nan)
    causes = history.causes.mul(running, axis=0).rename(columns=lambda name: f"cause_{name}_gj_per_h")
    return pd.concat([hours, causes], axis=1)


def _sample_excess(history: TrueHours, stray: float) -> Array:
    """Quantiles (GJ/t) of what set-points and noise add to SEC at one level of attention."""
    rng = np.random.default_rng(history.plant.seed + 1)
    crew = rng.integers(0, CREWS, SAMPLES)
    total = rng.normal(0, NOISE_FRAC * history.plant.sec_gj_per_t, SAMPLES)
    for index, point in enumerate(history.setpoints):
        off = stray * (history.habits[crew, index] * point.habit + point.wander * rng.normal(0, 1, SAMPLES))
        total += point.cost(np.clip(off, point.low - point.best, point.high - point.best))
    return np.asarray(np.quantile(total, QUANTILES))


def write_truth(folder: Path, hours: pd.DataFrame, faults: pd.DataFrame) -> None:
    """Write `hours.parquet` and `faults.parquet`."""
    for name, frame in (("hours", hours), ("faults", faults)):
        with replace_file(folder / f"{name}.parquet") as temporary:
            frame.to_parquet(temporary, index=False)


def read_truth(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the true hours (indexed by `time_utc`) and the injected faults."""
    hours = pd.read_parquet(folder / "hours.parquet").set_index(TIME)
    return hours, pd.read_parquet(folder / "faults.parquet")
