"""A curve made of straight lines, hours around it, and settings for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from elc import dataset, settings
from elc.curve import Baseline
from elc.fields import BEST, BEST_HIGH, BEST_LOW, ENERGY, HIGH, TIME, TYPICAL
from elc.paths import Project
from elc.records.quality import Quality

ROOT = Path(__file__).resolve().parents[3]
LOAD, AIR = "load_t_per_h", "air_temp_degc"


class LinePackage:
    """A package whose best is 10 load + shift; typical is 10 above best, high 30 above."""

    throughput = LOAD
    features: ClassVar = [LOAD, AIR]

    def __init__(self, shift: float, last: str) -> None:
        self.shift = shift
        self.baseline = Baseline({}, {}, Quality())
        self.card = {"plant": "fjord", "trained_on": {"train": {"last": last}}}

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        best = 10 * frame[LOAD].where(frame[AIR].notna()) + self.shift
        return pd.DataFrame({BEST: best, TYPICAL: best + 10, HIGH: best + 30, BEST_LOW: best - 1, BEST_HIGH: best + 1})


def build_package(shift: float = 0.0, last: str = "2024-02-01T00:00:00+00:00") -> Any:
    return LinePackage(shift, last)


@pytest.fixture
def package() -> Any:
    return build_package()


@pytest.fixture
def chosen() -> settings.StageSettings:
    return build_chosen()


def build_chosen() -> settings.StageSettings:
    """Build the settings of fjord, with figures' settings of their own and a site in UTC."""
    found = settings.read_plant(Project(ROOT), "fjord")
    evaluate = settings.EvaluateSettings(
        load_bands=2, block_days=7, resamples=400, interval_frac=0.95, seed=1, max_offset_frac=0.003
    )
    plant = found.plant.model_copy(update={"time_zone": "UTC", "interval": "1h"})
    return replace(found, evaluate=evaluate, plant=plant)


@pytest.fixture
def split() -> dataset.Split:
    """Training hours on the line energy = 20 + 10 load, and four test hours."""
    train = pd.DataFrame({LOAD: [40.0, 50.0, 60.0], AIR: 0.0, ENERGY: [420.0, 520.0, 620.0]})
    test = pd.DataFrame({LOAD: [40.0, 50.0, 60.0, 50.0], AIR: 0.0, ENERGY: [400.0, 530.0, 604.0, 506.0]})
    for part, day in ((train, "2024-01-01"), (test, "2024-03-01")):
        part.insert(0, TIME, pd.date_range(day, periods=len(part), freq="h", tz="UTC"))
    return dataset.Split(60.0, train, train, test)


def build_noise(seed: int, rows: int, memory: float = 0.9) -> Any:
    """Noise (rows,) of mean 0 and spread 1 that remembers: each hour is `memory` of the one before."""
    random = np.random.default_rng(seed)
    noise = np.zeros(rows)
    shocks = random.normal(size=rows) * np.sqrt(1 - memory**2)
    noise[0] = random.normal()
    for row in range(1, rows):
        noise[row] = memory * noise[row - 1] + shocks[row]
    return noise


@pytest.fixture
def linear() -> Any:
    """How to build a package; how to build noise."""
    return SimpleNamespace(package=build_package, noise=build_noise)
