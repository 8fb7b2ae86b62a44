"""The gap by meter, on meters whose usual share is known."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import explain, pages, settings
from elc.fields import BEST, ENERGY, GAP, TIME
from elc.pages import language
from elc.paths import Project

LOAD, AIR = "load_t_per_h", "air_temp_degc"
GAS, POWER, STEAM = "gas_energy_gj_per_h", "electricity_energy_gj_per_h", "steam_export_energy_gj_per_h"
CARRIERS = {GAS: "gas", POWER: "electricity", STEAM: "steam"}
LEARNT_H = 800
UNTIL = pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(LEARNT_H - 1, "h")


def build_package(carriers: dict[str, str] = CARRIERS, until: pd.Timestamp | None = UNTIL) -> Any:
    baseline = SimpleNamespace(quality=SimpleNamespace(energy=carriers))
    return SimpleNamespace(baseline=baseline, features=[LOAD, AIR], trained_until=until)


def build_scored(**faults: float) -> pd.DataFrame:
    """Build hours, the last with meters off by `faults` (GJ/h); training ends 200 hours before it.

    Gas takes 20 a tonne, and seven tenths of what a bad day costs; power 3 a tonne and 0.1 a degree; steam out is 2.
    """
    rng = np.random.default_rng(5)
    count = LEARNT_H + 200
    hours = pd.DataFrame({LOAD: rng.uniform(40, 60, count), AIR: rng.uniform(-5, 30, count)})
    waste, noise = rng.uniform(0, 40, count), rng.normal(0, 0.5, (2, count))
    hours.insert(0, TIME, pd.date_range("2024-01-01", periods=count, freq="h", tz="UTC"))
    hours[GAS] = 20 * hours[LOAD] + 0.7 * waste + noise[0]
    hours[POWER] = 3 * hours[LOAD] + 0.1 * hours[AIR] + 0.3 * waste + noise[1]
    hours[STEAM] = 2 * hours[LOAD]
    for name, size in faults.items():
        hours.loc[count - 1, name] += size
    hours[ENERGY] = hours[GAS] + hours[POWER] - hours[STEAM]
    hours[BEST] = 21 * hours[LOAD] + 0.1 * hours[AIR] + 4
    hours[GAP] = hours[ENERGY] - hours[BEST]
    return hours


@pytest.fixture
def plant() -> settings.PlantSettings:
    return settings.read_plant(Project(Path(__file__).resolve().parents[3]), "fjord").plant


@pytest.mark.parametrize(("meter", "size"), [(GAS, 60.0), (POWER, 60.0), (STEAM, -60.0), (STEAM, 30.0)])
def test_a_meter_that_is_off_has_the_gap(meter: str, size: float, plant: settings.PlantSettings) -> None:
    scored, sound = build_scored(**{meter: size}), build_scored()
    found, usual = (
        explain.explain_meters(build_package(), hours, hours.iloc[-1], plant).set_index("meter")
        for hours in (scored, sound)
    )
    moved = found["share_gj_per_h"] - usual["share_gj_per_h"]
    counted = -size if meter == STEAM else size
    assert moved[meter] == pytest.approx(counted, rel=1e-6)
    assert moved.drop(meter).abs().max() < 1e-6
    assert found["share_gj_per_h"].sum() == pytest.approx(scored[GAP].iloc[-1], rel=1e-9)
    assert found.loc[meter, "now_gj_per_h"] == scored[meter].iloc[-1]
    assert found["is_export"].to_dict() == {GAS: False, POWER: False, STEAM: True}
    assert (found["usual_gj_per_h"][[GAS, POWER]] < 2).all()


def test_later_hours_teach_nothing(plant: settings.PlantSettings) -> None:
    scored = build_scored()
    changed = scored.copy()
    is_later = (scored[TIME] > UNTIL) & (scored.index < len(scored) - 1)
    changed.loc[is_later, [GAS, ENERGY]] += 500.0
    first, second = (
        explain.explain_meters(build_package(), hours, hours.iloc[-1], plant) for hours in (scored, changed)
    )
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize(
    ("package", "change"),
    [
        (build_package({GAS: "gas"}), {}),
        (build_package({}), {}),
        (build_package({GAS: "gas", POWER: "electricity"}), {}),  # one meter is not named: they do not add up
        (build_package({GAS: "gas", "other_gj_per_h": "gas"}), {}),
        (build_package(until=None), {}),
        (build_package(until=pd.Timestamp("2024-01-03", tz="UTC")), {}),
        (build_package(), {GAP: np.nan}),
        (build_package(), {POWER: np.nan}),
    ],
)
def test_nothing_is_said_of_what_is_not_known(
    package: Any, change: dict[str, float], plant: settings.PlantSettings
) -> None:
    scored = build_scored()
    hour = pd.concat([scored.iloc[-1].drop(list(change)), pd.Series(change, dtype=object)])
    found = explain.explain_meters(package, scored, hour, plant)
    assert found.empty
    assert found.columns.tolist() == explain.METERS
    assert pages.meters.write_meters(found, size=1000.0) == ""


def test_page_names_the_meter_and_its_parts_add_up(plant: settings.PlantSettings) -> None:
    scored = build_scored(**{STEAM: -60.0})
    found = explain.explain_meters(build_package(), scored, scored.iloc[-1], plant)
    text = pages.meters.write_meters(found, size=1000.0)
    assert text.startswith("**By meter:** steam export energy (exported) is off most: +60.0 GJ/h, of a gap of +")
    table = pages.meters.build_meters_table(found, size=1000.0)
    assert table.columns.tolist() == [
        "meter",
        "now, GJ/h",
        "at best, GJ/h",
        "part of the gap",
        "in four of five hours within",
    ]
    parts = [float(part.replace("−", "-")) for part in table["part of the gap"]]
    assert sum(parts) == pytest.approx(scored[GAP].iloc[-1], abs=0.2)
    language.choose_plant("MWh")
    assert "+16.7 MW, of a gap" in pages.meters.write_meters(found, size=1000.0)


def test_meters_where_they_usually_are_are_not_named(plant: settings.PlantSettings) -> None:
    scored = build_scored()
    found = explain.explain_meters(build_package(), scored, scored.iloc[-1], plant)
    calm = found.assign(share_gj_per_h=0.5 * found["usual_gj_per_h"])
    assert "in no single meter" in pages.meters.write_meters(calm, size=1000.0)
