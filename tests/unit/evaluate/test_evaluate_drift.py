"""Drift: found where it was made, not found in noise."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve, evaluate, settings
from elc.evaluate.report import tidy
from elc.fields import AGE, ENERGY, TIME, TYPICAL
from elc.findings import build_record
from elc.pages.findings import say_finding, say_record

ROWS = 150 * 24


def build_scored(offset: float, slope: float, noise: Any) -> pd.DataFrame:
    """Hours at a typical of 1000 GJ/h: actual off by `offset`, moving by `slope` a year, with noise of 0.6 %."""
    times = pd.date_range("2025-11-01", periods=ROWS, freq="h", tz="UTC")
    years = np.arange(ROWS) / (365.25 * 24)
    share = offset + slope * (years - years.mean()) + 0.006 * noise
    return pd.DataFrame({TIME: times, ENERGY: 1000 * (1 + share), TYPICAL: 1000.0})


@pytest.mark.parametrize("seed", range(5))
def test_drift_is_measured_as_it_was_made(
    seed: int, package: curve.Package, chosen: settings.StageSettings, linear: Any
) -> None:
    scored = build_scored(0.006, 0.02, linear.noise(seed, ROWS, memory=0.5))
    drift = evaluate.measure_drift(scored, chosen.evaluate)
    assert drift["offset_frac"] == pytest.approx(0.006, abs=0.001)
    assert drift["slope_frac_per_year"] == pytest.approx(0.02, abs=0.008)
    assert drift["slope_low_frac_per_year"] > 0
    (finding,) = evaluate.find_drift(scored, package, chosen)
    assert (finding.check, finding.plant, finding.column) == ("drift_of_curve", "fjord", ENERGY)
    assert (finding.start, finding.end) == (scored[TIME].iloc[0], scored[TIME].iloc[-1] + pd.Timedelta("1h"))
    last = scored[TIME].iloc[-1].isoformat()
    assert finding.values == {**drift, "last": last, "has_age": False}


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_no_drift(seed: int, package: curve.Package, chosen: settings.StageSettings, linear: Any) -> None:
    assert evaluate.find_drift(build_scored(0.0, 0.0, linear.noise(seed, ROWS)), package, chosen) == []


def test_slope_without_noise_is_exact(chosen: settings.StageSettings) -> None:
    drift = evaluate.measure_drift(build_scored(0.001, -0.03, np.zeros(ROWS)), chosen.evaluate)
    assert drift["slope_frac_per_year"] == pytest.approx(-0.03)
    assert drift["slope_low_frac_per_year"] == pytest.approx(-0.03)


def test_a_small_offset_is_no_finding_however_sure(package: curve.Package, chosen: settings.StageSettings) -> None:
    assert evaluate.find_drift(build_scored(0.0029, 0.0, np.zeros(ROWS)), package, chosen) == []
    assert len(evaluate.find_drift(build_scored(-0.0031, 0.0, np.zeros(ROWS)), package, chosen)) == 1


def test_too_few_days_give_no_finding(package: curve.Package, chosen: settings.StageSettings) -> None:
    assert evaluate.find_drift(build_scored(0.01, 0.0, np.zeros(ROWS))[:100], package, chosen) == []


def test_finding_says_how_much_and_what_to_do(
    package: curve.Package, chosen: settings.StageSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored = build_scored(-0.005, 0.0, np.zeros(ROWS))
    (finding,) = evaluate.find_drift(scored, package, chosen)
    assert say_finding(finding) == (
        "From 2025-11-01 to 2026-03-30 the plant uses 0.50% less than typical (-0.50% to -0.50%), and that moves by "
        "+0.00% a year (+0.00% to +0.00%): declare its turnarounds (plants.fjord.turnarounds in params.yaml) so "
        "that ageing becomes a driver, or look for a change of a meter or of the plant."
    )
    monkeypatch.setattr(package, "features", [*package.features, AGE])
    (finding,) = evaluate.find_drift(scored, package, chosen)
    assert "ageing is among the drivers already, so look for a change of a meter" in say_finding(finding)
    assert "declare" not in say_finding(finding)


def test_a_finding_reads_the_same_from_the_file_of_metrics(
    package: curve.Package, chosen: settings.StageSettings, linear: Any
) -> None:
    (finding,) = evaluate.find_drift(build_scored(0.006, 0.02, linear.noise(1, ROWS, memory=0.5)), package, chosen)
    record = json.loads(json.dumps(tidy(build_record(finding)), allow_nan=False))
    assert say_record(record) == say_finding(finding)
    without_slope = tidy({**record, "values": {**record["values"], "slope_frac_per_year": float("nan")}})
    assert "and that moves by +nan% a year" in say_record(without_slope)
