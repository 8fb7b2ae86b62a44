"""A plant whose energy is 20 GJ/t, with set-points that cost, and a package that knows how its days scatter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc import curve, dataset, settings
from elc.fields import BEST, ENERGY, GAP, GAP_FRAC, GAP_HIGH, GAP_LOW, IS_OUTSIDE, IS_STEADY, STATE, TIME, TYPICAL
from elc.paths import Project
from elc.records.quality import Distance, Distances, Estimate, Habit, ModelErrors, Quality

LOAD, AIR, FLUE = "load_t_per_h", "air_temp_degc", "flue_o2_pct"
FEED, FUEL, STEAM = "feed_gas_energy_gj_per_h", "fuel_gas_energy_gj_per_h", "steam_export_energy_gj_per_h"
NAMES = {LOAD: "FT1", AIR: "TI2", FLUE: "AI3", FEED: "FT4", FUEL: "FT5", STEAM: "FT6"}
START = pd.Timestamp("2024-01-01", tz="UTC")
TRAINED_DAYS, SCATTER = 100, 0.002  # of energy, from day to day
COST_PER_PCT = 0.01  # of energy, of a set-point above 2 %


class Linear(curve.Package):
    """A package whose response is 20 GJ/t, and 1 % more for each % of flue O2 above 2."""

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({BEST: 19.6 * frame[LOAD], TYPICAL: 20 * frame[LOAD]})

    def predict_response(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        energy = 20 * frame[LOAD] * (1 + COST_PER_PCT * (frame[FLUE] - 2))
        return np.repeat(energy.to_numpy(float)[:, None], 2, axis=1)


def build_hours(days: int, *, seed: int = 1, start: pd.Timestamp = START) -> pd.DataFrame:
    """Build scored hours of a running plant: best 2 % below typical, one tenth of the hours below best at most."""
    rng = np.random.default_rng(seed)
    count = 24 * days
    hours = pd.DataFrame({TIME: pd.date_range(start, periods=count, freq="h", tz="UTC")})
    hours[LOAD] = 60 + 3 * np.sin(np.arange(count) / 50) + 0.05 * rng.normal(0, 1, count)
    hours[AIR] = 10 + 5 * np.cos(np.arange(count) / 70) + 0.1 * rng.normal(0, 1, count)
    hours[FLUE] = 2 + 0.2 * rng.normal(0, 1, count)
    daily = np.repeat(SCATTER * rng.normal(0, 1, days), 24)
    hours[FEED], hours[STEAM] = 15 * hours[LOAD], 2 * hours[LOAD]
    total = 20 * hours[LOAD] * (1 + COST_PER_PCT * (hours[FLUE] - 2) + daily + 0.003 * rng.normal(0, 1, count))
    hours[FUEL] = total - hours[FEED] + hours[STEAM]
    return score(hours)


def score(hours: pd.DataFrame) -> pd.DataFrame:
    """Book the carriers and score hours, after something in them was changed."""
    hours = hours.assign(**{STATE: "run", IS_STEADY: True, IS_OUTSIDE: False})
    hours[ENERGY] = hours[FEED] + hours[FUEL] - hours[STEAM]
    hours[TYPICAL] = 20 * hours[LOAD]
    hours[BEST] = 19.6 * hours[LOAD]
    hours[GAP] = hours[ENERGY] - hours[BEST]
    hours[GAP_FRAC] = hours[GAP] / hours[BEST]
    return hours.assign(**{GAP_LOW: hours[GAP] - 1, GAP_HIGH: hours[GAP] + 1})


def build_package(days: int = TRAINED_DAYS) -> Linear:
    """Build the package of the first hundred days, or fewer, its baseline by the functions that training uses."""
    train = build_hours(days)
    tags = settings.TagList(
        "fjord",
        (
            settings.Tag("FT1", LOAD, "throughput", "", 1.0, 0.0, 0.0, None, ""),
            settings.Tag("TI2", AIR, "driver", "", 1.0, 0.0, None, None, ""),
            settings.Tag("AI3", FLUE, "setpoint", "", 1.0, 0.0, None, None, ""),
        ),
    )
    statistics, constraints = dataset.build_statistics(train, tags), dataset.build_constraints(train, tags)
    card: dict[str, Any] = {
        "plant": "fjord",
        "throughput": LOAD,
        "features": [{"column": LOAD}, {"column": AIR}],
        "setpoints": [{"column": FLUE, "low": 1.0, "high": 5.0}],
        "settings": {"interval_frac": 0.8},
        "trained_on": {"train": {"last": train[TIME].iloc[-1].isoformat()}},
    }
    baseline = curve.Baseline(statistics, constraints, _build_quality(train))
    return Linear(card, pd.DataFrame(), None, None, None, baseline=baseline)  # type: ignore[arg-type]


def _build_quality(train: pd.DataFrame) -> Quality:
    response = 20 * train[LOAD] * (1 + COST_PER_PCT * (train[FLUE] - 2))
    below = (train[ENERGY] < train[BEST]).astype(float).to_numpy()
    cost = (COST_PER_PCT * (train[FLUE] - train[FLUE].median())).to_numpy()
    level = curve.build_level(train[TIME], cost, width_h=1.0, reference=None)
    habit = None if level is None else Habit(median=float(train[FLUE].median()), cost=level)
    return Quality(
        condition=curve.build_condition_baseline(
            train[TIME], np.log((train[ENERGY] / response).to_numpy(float)), width_h=1.0
        ),
        models={
            "typical": _build_model(train, train[TYPICAL], below),
            "response": _build_model(train, response, below),
        },
        setpoints={FLUE: habit},
        distances=Distances(columns={name: Distance(high=0.2, most=0.3) for name in (LOAD, AIR, FLUE)}),
        tags=NAMES,
        energy={FEED: "gas", FUEL: "gas", STEAM: "steam"},
        columns=sorted(train.columns),
    )


def _build_model(train: pd.DataFrame, predicted: pd.Series, below: NDArray[np.float64]) -> ModelErrors:
    error = (train[ENERGY] / predicted - 1).to_numpy(float)
    quantities = {"error": error, "absolute": np.abs(error), "square": error**2, "below_best": below}
    errors = curve.measure_errors(train[ENERGY].to_numpy(), predicted.to_numpy(), seed=1)
    return ModelErrors(
        n=len(train),
        weeks=curve.count_known_weeks(curve.build_days(train[TIME], error, width_h=1.0)),
        metrics={name: Estimate.model_validate(figure) for name, figure in errors.items()},
        residual_sd_gj_per_h=float((train[ENERGY] - predicted).std()),
        residual_sd_frac=float(error.std()),
        residual_lag=curve.find_lag(error),
        coverage_best_frac=float(below.mean()),
        levels={
            name: curve.build_level(train[TIME], values, width_h=1.0, reference=None)
            for name, values in quantities.items()
        },
    )


def build_settings(**changes: Any) -> settings.StageSettings:
    """The settings of fjord, with changes of its section monitor."""
    chosen = settings.read_plant(Project(Path(__file__).parents[3]), "fjord")
    plant = chosen.plant.model_copy(update={"interval": "1h", "time_zone": "UTC"})
    monitor = type(chosen.monitor).model_validate({**chosen.monitor.model_dump(), **changes})
    return replace(chosen, plant=plant, monitor=monitor)


def build_later(days: int) -> pd.DataFrame:
    """Build hours later than the package learnt from; they begin on day 100."""
    return build_hours(days, seed=2, start=START + pd.Timedelta(TRAINED_DAYS, "D"))
