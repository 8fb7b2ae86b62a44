"""Steps of a meter at its recalibration: found against related tags, and told from the plant's own."""

from __future__ import annotations

import json

import numpy as np
import pytest

GAS, STEAM, LOAD = "gas_energy_gj_per_h", "steam_energy_gj_per_h", "load_t_per_h"


def drift(made, column: str, size: float) -> None:
    """Drift off from hour 800 to hour 1600, where the meter is set right."""
    hours = np.arange(6000)
    ramp = np.where((hours > 800) & (hours < 1600), 1 + size * (hours - 800) / 800, 1.0)
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame[column] *= ramp


def test_step_at_a_recalibration_is_found_with_its_size(long_made) -> None:
    drift(long_made, STEAM, 0.04)
    checked, findings = long_made.check()
    assert {*zip(findings["check"], findings["column"], strict=True)} == {("drift", STEAM)}
    row = findings.iloc[-1]  # an earlier one may stand on the slope
    end = long_made.hourly["time_utc"].searchsorted(row["end"])
    assert abs(end - 1600) <= 48
    assert json.loads(row["values"])["step_frac"] == pytest.approx(-0.03, abs=0.01)
    assert checked[STEAM].notna().all()


def test_steady_meters_have_no_step(long_made) -> None:
    long_made.tell(masks=["drift"])
    assert long_made.find() == []


def test_step_of_the_whole_plant_is_no_drift(long_made) -> None:
    for column in (GAS, STEAM, LOAD):
        drift(long_made, column, 0.04)
    assert "drift" not in set(long_made.check()[1]["check"])
