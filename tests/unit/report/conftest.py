"""A plant of a linear curve and two years of its hours, whose sums can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve, report, settings
from elc.fields import ENERGY, TIME
from elc.paths import Project
from elc.settings.plant import BaselinePeriod, Carrier

ROOT = Path(__file__).resolve().parents[3]
LOAD, AIR = "load_t_per_h", "air_temp_degc"
GAS, POWER, STEAM = "gas_energy_gj_per_h", "power_energy_gj_per_h", "steam_energy_gj_per_h"
ENERGIES = {GAS: "gas", POWER: "electricity", STEAM: "steam"}
Build = Callable[..., "Built"]


class LinearCurve:
    """Stands where an ONNX Runtime session does: best = 10 load + 2 air, typical 5 above it."""

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        load, air = feeds["features"].astype(float).T
        best = 10 * load + 2 * air
        return [np.column_stack([best, best + 5, best + 10, best - 3, best + 4])]


@dataclass(frozen=True)
class Built:
    """A report, the intervals of its period, and all hours that it was made from."""

    report: report.Report
    hours: pd.DataFrame
    scored: pd.DataFrame
    settings: settings.StageSettings


@pytest.fixture(scope="session")
def package() -> curve.Package:
    columns = {LOAD: (0.0, 100.0), AIR: (-10.0, 30.0)}
    features = [
        {"column": column, "low": low, "high": high, "median": (low + high) / 2}
        for column, (low, high) in columns.items()
    ]
    load, air = np.meshgrid(*(np.linspace(low, high, 21) for low, high in columns.values()))
    grid = pd.DataFrame({LOAD: load.ravel(), AIR: air.ravel()})
    envelope = curve.build_envelope(grid, [LOAD, AIR], np.arange(len(grid)) % 2, margin_frac=0.0, prototypes=100)
    card: dict[str, Any] = {"throughput": LOAD, "rated_load": 60.0, "features": features, "setpoints": []}
    card["settings"] = {"interval_frac": 0.8}
    return curve.Package(card, pd.DataFrame(), envelope, LinearCurve(), LinearCurve())


@pytest.fixture(scope="session")
def chosen() -> settings.StageSettings:
    """The settings of fjord, at a site in UTC, with one price of gas and a baseline of the first year."""
    found = settings.read_plant(Project(ROOT), "fjord")
    carriers = {
        "gas": Carrier(price_per_gj=10.0, co2_kg_per_gj=50.0),
        "electricity": Carrier(price_per_gj=20.0, co2_kg_per_gj=0.0),
        "steam": Carrier(price_per_gj=8.0, co2_kg_per_gj=60.0, is_export=True),
    }
    first_year = BaselinePeriod.model_validate({"from": "2024-01-01", "to": "2024-12-31"})
    changes = {"time_zone": "UTC", "interval": "1h", "events": [], "carriers": carriers, "baseline": first_year}
    return replace(found, plant=found.plant.model_copy(update=changes))


def build_hourly(*, saving_gj: float = 6.0) -> pd.DataFrame:
    """Build two years of hours: at 50 to 60 t/h a week each, scattered about typical, and some less in the second."""
    times = pd.date_range("2024-01-01", "2025-12-31 23:00", freq="h", tz="UTC").as_unit("us")
    rng, count = np.random.default_rng(3), len(times)
    load = np.where(np.arange(count) // 168 % 2, 50.0, 60.0)
    air = 10 + 15 * np.sin(2 * np.pi * np.arange(count) / 8766)
    scatter = pd.Series(rng.normal(0, 4, count)).ewm(alpha=0.2).mean().to_numpy()
    energy = 10 * load + 2 * air + 5 + scatter - saving_gj * (times.year == 2025)
    hourly = pd.DataFrame({TIME: times, LOAD: load, AIR: air, POWER: 40.0, STEAM: 25.0})
    hourly[GAS] = energy - hourly[POWER] + hourly[STEAM]
    return hourly


def add_energy(hourly: pd.DataFrame) -> pd.DataFrame:
    return hourly.assign(**{ENERGY: hourly[GAS] + hourly[POWER] - hourly[STEAM]})


@pytest.fixture(scope="session")
def hourly() -> pd.DataFrame:
    return build_hourly()


@pytest.fixture(scope="session")
def scored(package: curve.Package, chosen: settings.StageSettings, hourly: pd.DataFrame) -> pd.DataFrame:
    return curve.score_table(add_energy(hourly), package, chosen)[0]


@pytest.fixture
def build(package: curve.Package, chosen: settings.StageSettings, scored: pd.DataFrame) -> Build:
    """Build the report of a period, of other hours or with other entries of the plant where given."""

    def build(
        period: str = "2025-05",
        *,
        hours: pd.DataFrame | None = None,
        known: report.Known | None = None,
        **changes: Any,
    ) -> Built:
        used = replace(chosen, plant=chosen.plant.model_copy(update=changes))
        found = scored if hours is None else curve.score_table(add_energy(hours), package, used)[0]
        judged = report.Judged(found, package, ENERGIES, "v1.0.0 in prod")
        made, inside = report.build_report(
            judged, known or report.Known(), used, period=report.choose_period(period, found, used)
        )
        return Built(made, inside, found, used)

    return build
