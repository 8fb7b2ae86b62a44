"""A package made by hand, whose networks are formulas, with hours that it knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from elc import curve, settings
from elc.fields import ENERGY, GAP, IS_OUTSIDE, TIME
from elc.paths import Project
from elc.records.attribution import Background, TrainingAttribution

LOAD, AIR, FEED, FLUE, RATIO = (
    "load_t_per_h",
    "air_temp_degc",
    "feed_c2plus_pct",
    "flue_o2_pct",
    "steam_to_carbon_ratio",
)
FEATURES, SETPOINTS = [LOAD, AIR, FEED], [FLUE, RATIO]


class Network:
    """Stands where an ONNX Runtime session does: 10 load + load * air / 20 + feed ** 2, and the cost of set-points."""

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        load, air, feed, *points = feeds["features"].astype(float).T
        energy = 10 * load + load * air / 20 + feed**2
        if points:
            energy = energy + 3 * (points[0] - 2) ** 2 + 40 * (points[1] - 3) ** 2
        return [np.column_stack([energy] * 5)]


def build_package(**groups: str) -> curve.Package:
    def describe(column: str, low: float, high: float) -> dict[str, Any]:
        return {"column": column, "low": low, "high": high, "median": (low + high) / 2, "group": groups.get(column, "")}

    rng = np.random.default_rng(1)
    hours = pd.DataFrame(
        {LOAD: rng.uniform(40, 60, 60), AIR: rng.uniform(-10, 30, 60), FEED: rng.uniform(2, 8, 60)}
        | {FLUE: rng.uniform(1, 5, 60), RATIO: rng.uniform(2.5, 3.5, 60)}
    )
    hours[TIME] = pd.date_range("2023-06-01", periods=60, freq="D", tz="UTC")
    features = [describe(LOAD, 40, 60), describe(AIR, -10, 30), describe(FEED, 2, 8)]
    card = {"features": features, "setpoints": [describe(FLUE, 1, 5), describe(RATIO, 2.5, 3.5)], "throughput": LOAD}
    envelope = curve.build_envelope(hours, FEATURES, np.arange(60) % 2, margin_frac=0.02, prototypes=10)
    attribution = TrainingAttribution(
        background=Background(features=FEATURES, rows=hours[FEATURES].head(4).to_numpy().tolist()),
        drivers={LOAD: 50.0, AIR: 20.0, FEED: 10.0},
        setpoints={FLUE: 5.0, RATIO: 2.0},
    )
    return curve.Package(card, hours, envelope, Network(), Network(), attribution)  # type: ignore[arg-type]


def build_scored(package: curve.Package, count: int = 60) -> pd.DataFrame:
    times = pd.date_range("2024-01-01", periods=count, freq="h", tz="UTC")
    hours = package.precedents.head(count).reset_index(drop=True)
    return hours.assign(**{TIME: times, IS_OUTSIDE: False, GAP: 5.0, ENERGY: 600.0})


def build_settings(**values: float) -> settings.StageSettings:
    chosen = settings.read_plant(Project(Path(__file__).parents[3]), "fjord")
    return replace(chosen, explain=chosen.explain.model_copy(update={"like_hours": 20, **values}))
