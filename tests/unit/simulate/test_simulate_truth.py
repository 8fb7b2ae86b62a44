"""The truth beside the data: its quantiles are those of the hours, and its causes add up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import settings
from elc.paths import Project
from elc.simulate.operation import TrueHours, build_history
from elc.simulate.truth import build_truth, read_truth, write_truth

ROOT = Path(__file__).resolve().parents[3]
Q10, Q50 = "energy_q10_gj_per_h", "energy_q50_gj_per_h"


@pytest.fixture(scope="module", params=("fjord", "delta", "steppe"))
def history(request: pytest.FixtureRequest) -> TrueHours:
    plant = settings.read_settings(Project(ROOT)).simulate.plants[request.param]
    return build_history(plant, "2024-06-20", 731)


@pytest.fixture(scope="module")
def truth(history: TrueHours) -> pd.DataFrame:
    return build_truth(history)


@pytest.fixture(scope="module")
def running(truth: pd.DataFrame) -> pd.DataFrame:
    return truth[truth["plant_state"] == "run"]


@pytest.mark.parametrize(("column", "share", "tolerance"), [(Q10, 0.10, 0.03), (Q50, 0.50, 0.05)])
def test_share_of_hours_below_a_quantile_is_its_own(
    running: pd.DataFrame, column: str, share: float, tolerance: float
) -> None:
    assert (running["energy_gj_per_h"] < running[column]).mean() == pytest.approx(share, abs=tolerance)


@pytest.mark.parametrize(("column", "share", "tolerance"), [(Q10, 0.10, 0.09), (Q50, 0.50, 0.15)])
def test_quantiles_hold_in_cold_and_in_hot_water(
    running: pd.DataFrame, column: str, share: float, tolerance: float
) -> None:
    below = running["energy_gj_per_h"] < running[column]
    by_water = below.groupby(pd.qcut(running["cooling_water_temp_degc"], 3), observed=True).mean()
    assert by_water.to_numpy() == pytest.approx(share, abs=tolerance)


def test_quantiles_lie_in_order_above_the_unavoidable(running: pd.DataFrame) -> None:
    assert (running[Q10] < running[Q50]).all()
    assert (running[Q10] > 0.99 * running["energy_at_best_gj_per_h"]).all()
    assert (running[Q50] > running["energy_at_best_gj_per_h"]).all()


def test_hours_that_do_not_run_have_no_quantile_and_no_cause(truth: pd.DataFrame) -> None:
    stopped = truth[truth["plant_state"] != "run"]
    assert len(stopped) > 100
    assert stopped[[Q10, Q50]].isna().all(axis=None)
    assert (stopped.filter(like="cause_") == 0).all(axis=None)


def test_causes_sum_to_needed_minus_at_best_energy(running: pd.DataFrame) -> None:
    causes = running.filter(regex=r"^cause_.*_gj_per_h$")
    assert causes.shape[1] == 9
    excess = running["energy_needed_gj_per_h"] - running["energy_at_best_gj_per_h"]
    np.testing.assert_allclose(causes.sum(axis=1), excess, atol=1e-9)
    assert (excess > 0).mean() > 0.99


def test_truth_is_the_same_each_time(history: TrueHours, truth: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(build_truth(history), truth, check_exact=True)


def test_truth_reads_back_as_it_was_written(truth: pd.DataFrame, tmp_path: Path) -> None:
    faults = pd.DataFrame({"kind": ["gap"], "tag": ["FT-1"], "size": [0.0]})
    write_truth(tmp_path / "truth", truth, faults)
    hours, found = read_truth(tmp_path / "truth")
    pd.testing.assert_frame_equal(found, faults)
    assert hours.index.name == "time_utc"
    np.testing.assert_array_equal(hours[Q10], truth[Q10])
    assert len(hours) == len(truth)
