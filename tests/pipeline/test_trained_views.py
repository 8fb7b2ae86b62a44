"""Views of a trained curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve
from elc.fields import ENERGY
from elc.paths import Project

LOAD, AIR = "load_t_per_h", "air_temp_degc"


class LinearCurve:
    """Stands where an ONNX Runtime session does."""

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        load, air = feeds["features"].astype(float).T
        best = 10 * load + 2 * air
        return [np.column_stack([best, best + 5, best + 10, best, best])]


def build_envelope(ranges: dict[str, tuple[float, float]]) -> curve.Envelope:
    """Everything in the ranges is inside: the training hours are two corners, each as far as the other."""
    hours = pd.DataFrame({column: list(ends) for column, ends in ranges.items()})
    return curve.build_envelope(hours, list(ranges), np.array([0, 1]), margin_frac=0.0, prototypes=2)


@pytest.fixture
def package() -> curve.Package:
    features = [
        {"column": LOAD, "low": 0.0, "high": 100.0, "median": 50.0},
        {"column": AIR, "low": -10.0, "high": 30.0, "median": 10.0},
    ]
    card = {"throughput": LOAD, "features": features, "setpoints": []}
    envelope = build_envelope({LOAD: (0.0, 100.0), AIR: (-10.0, 30.0)})
    return curve.Package(card, pd.DataFrame(), envelope, LinearCurve(), LinearCurve())


def test_moving_at_own_conditions_changes_nothing_on_a_trained_curve(demo_project: Project) -> None:
    package = curve.read(demo_project.model("fjord"))
    hours = pd.read_parquet(demo_project.processed("fjord") / "test.parquet").head(200)
    scored = pd.concat([hours, package.predict(hours)], axis=1)
    for row in (0, 77, 199):
        moved = curve.move_to(scored, scored.iloc[row], package)
        assert moved.iloc[row] == pytest.approx(scored[ENERGY].iloc[row], abs=1e-9)
        assert not np.allclose(moved, scored[ENERGY])
