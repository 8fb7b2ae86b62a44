"""The plain models: exact where the truth is linear, and left out where LightGBM is absent."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pandas as pd
import pytest

from elc import curve, dataset, evaluate, pages, settings
from elc.errors import ElcError
from elc.evaluate.references import fit_bounded_quantile, measure_references
from elc.fields import BEST, ENERGY, TIME, TYPICAL
from elc.records.metrics import Metrics, Reference
from tests.unit.evaluate.conftest import build_chosen, build_package

LOAD, AIR = "load_t_per_h", "air_temp_degc"
IS_BOOSTED = importlib.util.find_spec("lightgbm") is not None


@pytest.fixture(scope="module")
def noisy() -> dataset.Split:
    """Energy = 20 + 10 load + 0.5 air, and even noise of 0 to 20: its 10 % quantile is 2 above."""
    random = np.random.default_rng(3)
    frame = pd.DataFrame({LOAD: random.uniform(40, 60, 3000), AIR: random.uniform(-5, 25, 3000)})
    frame[ENERGY] = 20 + 10 * frame[LOAD] + 0.5 * frame[AIR] + random.uniform(0, 20, 3000)
    frame.insert(0, TIME, pd.date_range("2024-01-01", periods=3000, freq="h", tz="UTC"))
    return dataset.Split(60.0, frame[:2000], frame[2000:2500], frame[2500:].reset_index(drop=True))


@pytest.fixture(scope="module")
def found(noisy: dataset.Split) -> dict[str, pd.DataFrame]:
    """What the references say of the test hours."""
    return evaluate.score_references(noisy, noisy.test, build_package(), build_chosen().evaluate)


def test_quantile_of_a_constant_is_the_quantile() -> None:
    target = np.arange(1.0, 101.0)
    assert evaluate.fit_quantile(np.ones((100, 1)), target, 0.1)[0] == pytest.approx(10.5, abs=0.51)


def test_quantile_line_leaves_its_share_below_and_is_the_least_loss() -> None:
    random = np.random.default_rng(5)
    design = np.column_stack([np.ones(500), random.normal(size=(500, 3))])
    target = design @ [5.0, 1.0, -2.0, 0.0] + random.gamma(2.0, size=500)
    fitted = evaluate.fit_quantile(design, target, 0.1)
    assert np.mean(target <= design @ fitted + 1e-9) == pytest.approx(0.1, abs=0.01)
    least = evaluate.pinball(target, design @ fitted, 0.1)
    for step in random.normal(scale=0.05, size=(50, 4)):
        assert evaluate.pinball(target, design @ (fitted + step), 0.1) > least


def test_bounded_quantile_is_the_least_loss_with_no_coefficient_below_zero() -> None:
    random = np.random.default_rng(5)
    design = np.column_stack([np.ones(500), random.normal(size=(500, 3))])
    target = design @ [-5.0, 1.0, -2.0, 0.5] + random.gamma(2.0, size=500)
    is_free = np.array([True, False, False, False])
    bounded = fit_bounded_quantile(design, target, 0.1, is_free=is_free)
    assert bounded[2] == pytest.approx(0, abs=1e-9)
    assert bounded[[1, 3]] == pytest.approx([1.0, 0.5], abs=0.4)
    least = evaluate.pinball(target, design @ bounded, 0.1)
    for step in random.normal(scale=0.05, size=(50, 4)):
        moved = np.where(is_free, bounded + step, np.maximum(bounded + step, 0))
        assert evaluate.pinball(target, design @ moved, 0.1) >= least - 1e-9


def test_quantiles_of_what_is_no_number_are_refused() -> None:
    with pytest.raises((ElcError, ValueError)):
        evaluate.fit_quantile(np.full((5, 1), np.nan), np.arange(5.0), 0.1)


def test_references_know_the_truth_where_it_is_linear(noisy: dataset.Split, found: dict[str, pd.DataFrame]) -> None:
    scored = noisy.test
    truth = 20 + 10 * scored[LOAD] + 0.5 * scored[AIR]
    linear = found["linear_energy"]
    assert linear[BEST].to_numpy() == pytest.approx((truth + 2).to_numpy(), abs=1.0)
    assert linear[TYPICAL].to_numpy() == pytest.approx((truth + 10).to_numpy(), abs=1.5)
    # The line on load knows nothing of the air.
    left = found["line_on_load"][TYPICAL] - (30 + 10 * scored[LOAD] + 5)
    assert left.abs().max() < 1.5
    assert set(found) >= {"line_on_load", "linear_energy", "linear_sec"}


def test_references_are_the_same_in_every_run(
    noisy: dataset.Split, found: dict[str, pd.DataFrame], package: curve.Package, chosen: settings.StageSettings
) -> None:
    again = evaluate.score_references(noisy, noisy.test, package, chosen.evaluate)
    assert list(found) == list(again)
    for name, predicted in found.items():
        pd.testing.assert_frame_equal(predicted, again[name], check_exact=True)


@pytest.mark.skipif(not IS_BOOSTED, reason="LightGBM is not installed")
def test_boosted_trees_stand_beside_where_they_are_installed(
    noisy: dataset.Split, found: dict[str, pd.DataFrame]
) -> None:
    for name in ("boosted_energy", "boosted_sec"):
        assert 0.02 < (noisy.test[ENERGY] <= found[name][BEST]).mean() < 0.25


def test_boosted_trees_are_left_out_where_they_are_absent(
    noisy: dataset.Split, package: curve.Package, chosen: settings.StageSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    found = evaluate.score_references(noisy, noisy.test, package, chosen.evaluate)
    assert list(found) == ["line_on_load", "linear_energy", "linear_sec"]
    references = dict.fromkeys(found, Reference.model_construct(pinball_ratio=1.25))
    assert pages.evaluate.write_references(Metrics.model_construct(references=references)) == (
        "No reference comes closer to best than the curve; the closest has 1.25 times its loss. Boosted trees were "
        "left out: LightGBM is not installed (`pip install elc[dev]`)."
    )


def test_reference_is_measured_by_hand() -> None:
    scored = pd.DataFrame({ENERGY: [400.0, 530.0, 604.0, 506.0]})
    line = pd.DataFrame({BEST: [400.0, 500.0, 600.0, 500.0], TYPICAL: [420.0, 520.0, 620.0, 520.0]})
    found = measure_references({"line_on_load": line}, scored, 0.5, 3)["line_on_load"]
    # Errors 20, -10, 16, 14; parameters: slope and intercept.
    assert found["errors"]["nmbe_frac"] == pytest.approx(40 / ((4 - 2) * 510))
    assert found["rmse_gj_per_h"] == pytest.approx(np.sqrt((400 + 100 + 256 + 196) / 4))
    assert found["pinball_best_gj_per_h"] == pytest.approx(0.1 * 40 / 4)
    assert found["pinball_ratio"] == pytest.approx(2.0)
    assert found["coverage_best_frac"] == 0.25
