"""A plant of straight lines: energy = 10 load + slopes times set-points, as each member holds the slopes to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve, settings
from elc.fields import ENERGY, GAP, GAP_HIGH, GAP_LOW, TIME
from elc.paths import Project

ROOT = Path(__file__).resolve().parents[3]
LOAD = "load_t_per_h"
SETPOINTS = ["flue_o2_pct", "steam_to_carbon_ratio", "loop_inerts_pct", "chiller_temp_degc"]
START = pd.Timestamp("2026-06-01", tz="UTC")
BuildPackage = Callable[..., curve.Package]
BuildHours = Callable[..., pd.DataFrame]


class Response:
    """Energy = 10 load + slopes times set-points; one column of `slopes` (set-points, members) a member."""

    def __init__(self, slopes: list[list[float]]) -> None:
        self.slopes = np.array(slopes)
        self.calls = 0

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        self.calls += 1
        rows = feeds["features"].astype(float)
        return [10 * rows[:, :1] + rows[:, 1:] @ self.slopes]


@pytest.fixture
def build_package() -> BuildPackage:
    """Build a package whose precedents, three days of one hour, had every set-point at `best`.

    `slopes` (set-points, members) are those of the response.
    """

    def build(
        slopes: list[list[float]], best: float = 10.0, trained: tuple[float, float] = (0.0, 20.0)
    ) -> curve.Package:
        card = {
            "throughput": LOAD,
            "features": [{"column": LOAD, "low": 40.0, "high": 60.0}],
            "setpoints": [{"column": column, "low": trained[0], "high": trained[1]} for column in SETPOINTS],
        }
        days = pd.date_range("2025-01-01", periods=3, freq="D", tz="UTC")
        known = {column: [best] * 3 for column in SETPOINTS}
        precedents = pd.DataFrame({TIME: days, LOAD: [49.0, 50.0, 52.0], **known})
        hours = pd.DataFrame({LOAD: np.linspace(40, 60, 20)})
        envelope = curve.build_envelope(hours, [LOAD], np.arange(20) % 2, margin_frac=0.02, prototypes=10)
        response: Any = Response(slopes)
        parts = {
            "card": card,
            "precedents": precedents,
            "envelope": envelope,
            "_curve": response,
            "_response": response,
        }
        return curve.Package(**parts)

    return build


@pytest.fixture
def build_hours() -> BuildHours:
    """Build judged hours from START on; a value or a list for each column that is not as always."""

    def build(count: int = 1, **columns: Any) -> pd.DataFrame:
        always = {LOAD: 50.0, ENERGY: 1000.0, GAP: 20.0, GAP_LOW: 15.0, GAP_HIGH: 25.0}
        values = always | dict.fromkeys(SETPOINTS, 12.0) | columns
        times = pd.date_range(START, periods=count, freq="h", tz="UTC").as_unit("us")
        return pd.DataFrame({TIME: times, **{name: np.broadcast_to(value, count) for name, value in values.items()}})

    return build


@pytest.fixture
def rules() -> settings.AdviseSettings:
    """Settings that suit the plant of straight lines: what is tested is named where it is."""
    return settings.AdviseSettings(
        max_moves=3,
        max_step_frac=0.25,
        min_saving_frac=0.0005,
        min_total_frac=0.0005,
        interval_frac=0.8,
        shape_error_frac=0.0,
        log_days=28,
        follow_h=6,
        judged_h=3,
        hold_h=12,
        answer_holds_h=24,
    )


@pytest.fixture
def chosen(rules: settings.AdviseSettings) -> settings.StageSettings:
    """The settings of fjord with the rules above, and one price."""
    found = settings.read_plant(Project(ROOT), "fjord")
    gas = settings.Carrier(price_per_gj=10.5, co2_kg_per_gj=56.1)
    return replace(found, plant=found.plant.model_copy(update={"carriers": {"gas": gas}}), advise=rules)
