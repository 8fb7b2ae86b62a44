"""The metrics of a curve, worked out by hand on four hours."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve, dataset, evaluate, settings
from elc.fields import BEST, ENERGY, HIGH, TIME, TYPICAL
from elc.paths import Project

LOAD, AIR = "load_t_per_h", "air_temp_degc"


class LinearCurve:
    """best = 10 load, typical 10 above it, high 30 above it."""

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="features")]

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        best = 10 * feeds["features"][:, 0].astype(float)
        return [np.column_stack([best, best + 10, best + 30])]


@pytest.fixture
def package() -> curve.Package:
    card = {"plant": "fjord", "throughput": LOAD, "features": [{"column": LOAD}, {"column": AIR}], "setpoints": []}
    return curve.Package(card, pd.DataFrame(), LinearCurve(), LinearCurve())


@pytest.fixture
def split() -> dataset.Split:
    """Training hours on the line energy = 20 + 10 load, and four test hours."""
    train = pd.DataFrame({LOAD: [40.0, 50.0, 60.0], AIR: 0.0, ENERGY: [420.0, 520.0, 620.0]})
    test = pd.DataFrame({LOAD: [40.0, 50.0, 60.0, 50.0], AIR: 0.0, ENERGY: [400.0, 530.0, 604.0, 506.0]})
    for part, day in ((train, "2024-01-01"), (test, "2024-03-01")):
        part.insert(0, TIME, pd.date_range(day, periods=len(part), freq="h", tz="UTC"))
    return dataset.Split(60.0, train, train, test)


def test_test_hours_are_scored_as_they_are(package: curve.Package, split: dataset.Split) -> None:
    scored = evaluate.score_test(split, package)
    assert scored[BEST].tolist() == [400.0, 500.0, 600.0, 500.0]
    pd.testing.assert_frame_equal(scored[split.test.columns], split.test)


def test_metrics_by_hand(package: curve.Package, split: dataset.Split) -> None:
    metrics = evaluate.build_metrics(evaluate.score_test(split, package), split, package)
    assert (metrics["plant"], metrics["rows"]) == ("fjord", 4)
    assert (metrics["first"], metrics["last"]) == ("2024-03-01T00:00:00+00:00", "2024-03-01T03:00:00+00:00")
    # typical is 410, 510, 610, 510: errors 10, -20, 6, 4 on a mean of 510; parameters: two features and one.
    rmse, deviations = np.sqrt((100 + 400 + 36 + 16) / 4), [-110, 20, 94, -4]
    wanted = {
        "rmse_gj_per_h": rmse,
        "cv_rmse_frac": rmse / 510,
        "bias_gj_per_h": 0.0,
        "nmbe_frac": 0.0,
        "mae_gj_per_h": 10.0,
        "r2": 1 - 552 / sum(deviation**2 for deviation in deviations),
    }
    assert metrics["typical"] == pytest.approx(wanted, rel=1e-5)
    # The line gives 420, 520, 620, 520: errors 20, -10, 16, 14; parameters: slope and intercept.
    line = metrics["line_on_load"]
    assert line["bias_gj_per_h"] == pytest.approx(10.0)
    assert line["nmbe_frac"] == pytest.approx(40 / ((4 - 2) * 510), rel=1e-5)
    assert line["rmse_gj_per_h"] == pytest.approx(np.sqrt((400 + 100 + 256 + 196) / 4), rel=1e-5)
    quantiles = metrics["quantiles"]
    assert {name: entry["wanted_frac"] for name, entry in quantiles.items()} == {
        "best": 0.1,
        "typical": 0.5,
        "high": 0.9,
    }
    # Actual less best: 0, 30, 4, 6; at the curve counts as below it.
    assert quantiles["best"]["coverage_frac"] == 0.25
    assert quantiles["best"]["pinball_gj_per_h"] == pytest.approx(0.1 * 40 / 4)
    assert quantiles["typical"]["coverage_frac"] == 0.75
    assert quantiles["typical"]["pinball_gj_per_h"] == pytest.approx(0.5 * 40 / 4)
    # Actual less high: -30, 0, -26, -24.
    assert quantiles["high"]["coverage_frac"] == 1.0
    assert quantiles["high"]["pinball_gj_per_h"] == pytest.approx(0.1 * 80 / 4)


def test_nmbe_divides_by_hours_less_parameters(package: curve.Package, split: dataset.Split) -> None:
    scored = evaluate.score_test(split, package)
    scored[TYPICAL] = scored[ENERGY] + 5.0
    typical = evaluate.build_metrics(scored, split, package)["typical"]
    assert typical["nmbe_frac"] == pytest.approx(4 * 5 / ((4 - 3) * 510), rel=1e-5)
    assert typical["bias_gj_per_h"] == pytest.approx(5.0)


@pytest.mark.parametrize(("quantile", "wanted"), [(0.1, (1 + 9) / 2), (0.5, (5 + 5) / 2), (0.9, (9 + 1) / 2)])
def test_pinball_by_hand(quantile: float, wanted: float) -> None:
    # 10 above the prediction costs the quantile's share, 10 below the rest.
    found = evaluate.pinball(np.array([110.0, 90.0]), np.array([100.0, 100.0]), quantile)
    assert found == pytest.approx(wanted)


def test_bands_hold_equally_many_hours_and_their_own_error() -> None:
    loads = np.arange(40.0, 60.0)
    scored = pd.DataFrame({LOAD: loads, ENERGY: 10 * loads, BEST: 10 * loads - 1, HIGH: 0.0})
    scored[TYPICAL] = scored[ENERGY] * np.where(loads < 50, 1.02, 0.97)
    scored.loc[:4, BEST] = 10 * loads[:5]
    table = evaluate.build_bands(scored, LOAD, settings.EvaluateSettings(load_bands=2))
    assert table["intervals"].tolist() == [10, 10]
    assert table["load"].tolist() == ["40.0 to 49.5", "49.5 to 59.0"]
    assert table["bias, %"].tolist() == pytest.approx([2.0, -3.0])
    assert table["below best, %"].tolist() == pytest.approx([50.0, 0.0])
    low = 10 * loads[:10]
    assert table["CV(RMSE), %"].iloc[0] == pytest.approx(2 * np.sqrt((low**2).mean()) / low.mean())


def build_metrics(**typical: float) -> dict[str, Any]:
    return {
        "rows": 1234,
        "first": "2024-03-01T00:00:00+00:00",
        "last": "2024-06-30T23:00:00+00:00",
        "typical": {"rmse_gj_per_h": 12.345, "cv_rmse_frac": 0.00789, "nmbe_frac": -0.00123, **typical},
        "line_on_load": {"cv_rmse_frac": 0.0251},
        "quantiles": {"best": {"coverage_frac": 0.128}},
    }


def test_statement_says_what_was_tested_and_found() -> None:
    assert evaluate.build_statement(build_metrics()) == (
        "On 1234 later intervals (2024-03-01 to 2024-06-30) the curve's typical energy has an RMSE of 12.3 GJ/h, a "
        "CV(RMSE) of 0.79% and an NMBE of -0.12%; a straight line on load has a CV(RMSE) of 2.51%. This meets the "
        "limits of ASHRAE Guideline 14 for hourly data (30 % and 10 %), which are wide: ask for less than 1.5 % and "
        "0.3 %. 13% of the intervals lie below best, where 10 % are meant to."
    )


@pytest.mark.parametrize(
    ("typical", "verdict"),
    [
        ({"cv_rmse_frac": 0.30, "nmbe_frac": 0.10}, "This meets the limits"),
        ({"cv_rmse_frac": 0.301}, "This does not meet the limits"),
        ({"nmbe_frac": 0.101}, "This does not meet the limits"),
        ({"nmbe_frac": -0.101}, "This does not meet the limits"),
    ],
)
def test_statement_judges_by_both_limits(typical: dict[str, float], verdict: str) -> None:
    assert verdict in evaluate.build_statement(build_metrics(**typical))


def test_metrics_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "metrics" / "fjord.json"
    evaluate.write_metrics(path, build_metrics())
    first = path.read_bytes()
    evaluate.write_metrics(path, build_metrics())
    assert path.read_bytes() == first
    assert evaluate.read_metrics(path) == build_metrics()


def test_trained_curve_does_better_than_a_line(demo_project: Project) -> None:
    for plant in ("fjord", "delta", "steppe"):
        metrics = evaluate.read_metrics(demo_project.metrics(plant))
        assert metrics["typical"]["cv_rmse_frac"] < metrics["line_on_load"]["cv_rmse_frac"]
        assert metrics["quantiles"]["best"]["coverage_frac"] < metrics["quantiles"]["typical"]["coverage_frac"]
        assert metrics["rows"] == len(dataset.read_split(demo_project.processed(plant)).test)
