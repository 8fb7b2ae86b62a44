"""The figures of a curve, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from elc import curve, dataset, evaluate, settings
from elc.errors import ElcError
from elc.evaluate.metrics import drop_unscored, measure_bands, measure_curve, measure_groups, measure_typical
from elc.evaluate.resample import build_blocks
from elc.fields import BEST, ENERGY, HIGH, TIME, TYPICAL

LOAD = "load_t_per_h"


def test_test_hours_are_scored_as_they_are(package: curve.Package, split: dataset.Split) -> None:
    scored = evaluate.score_test(split, package)
    assert scored[BEST].tolist() == [400.0, 500.0, 600.0, 500.0]
    pd.testing.assert_frame_equal(scored[split.test.columns], split.test)


def test_figures_by_hand(package: curve.Package, split: dataset.Split, chosen: settings.StageSettings) -> None:
    found = measure_curve(evaluate.score_test(split, package), package, chosen)
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
    assert {name: found["typical"][name] for name in wanted} == pytest.approx(wanted, rel=1e-6)
    quantiles = found["quantiles"]
    assert [entry["wanted_frac"] for entry in quantiles.values()] == [0.1, 0.5, 0.9]
    # Actual less best: 0, 30, 4, 6; at the curve counts as below it. Actual less high: -30, 0, -26, -24.
    assert [entry["coverage_frac"] for entry in quantiles.values()] == [0.25, 0.75, 1.0]
    losses = [entry["pinball_gj_per_h"] for entry in quantiles.values()]
    assert losses == pytest.approx([0.1 * 40 / 4, 0.5 * 40 / 4, 0.1 * 80 / 4])


def test_nmbe_divides_by_hours_less_parameters() -> None:
    actual = np.array([400.0, 530.0, 604.0, 506.0])
    found = evaluate.measure_errors(actual, actual + 5.0, 3)
    assert found["nmbe_frac"] == pytest.approx(4 * 5 / ((4 - 3) * 510))
    assert found["bias_gj_per_h"] == pytest.approx(5.0)


@pytest.mark.parametrize(("quantile", "wanted"), [(0.1, (1 + 9) / 2), (0.5, (5 + 5) / 2), (0.9, (9 + 1) / 2)])
def test_pinball_by_hand(quantile: float, wanted: float) -> None:
    # 10 above the prediction costs the quantile's share, 10 below the rest.
    found = evaluate.pinball(np.array([110.0, 90.0]), np.array([100.0, 100.0]), quantile)
    assert found == pytest.approx(wanted)


def build_hours(energy: np.ndarray, typical: np.ndarray) -> pd.DataFrame:
    times = pd.date_range("2024-03-01", periods=len(energy), freq="h", tz="UTC")
    return pd.DataFrame({TIME: times, ENERGY: energy, BEST: typical - 1, TYPICAL: typical, HIGH: typical + 1})


def test_daily_means_are_of_site_days_that_are_half_known(chosen: settings.StageSettings) -> None:
    # Two days of UTC: hours off by +-4 about a daily mean off by +2 and -2; the site's days begin an hour earlier.
    offset = np.repeat([2.0, -2.0], 24) + np.tile([4.0, -4.0], 24)
    hours = build_hours(np.full(48, 100.0), 100.0 + offset)
    blocks = build_blocks(hours[TIME], chosen.evaluate, least_weeks=0)
    in_utc = measure_typical(hours, 3, blocks, interval="1h", zone="UTC")
    assert in_utc["cv_rmse_daily_frac"] == pytest.approx(0.02)
    assert in_utc["cv_rmse_frac"] == pytest.approx(np.sqrt((36 + 4) / 2) / 100)
    in_oslo = measure_typical(hours, 3, blocks, interval="1h", zone="Europe/Oslo")
    # The first day has 23 hours, the next 24, one of them of the first in UTC; the third has one and is left out.
    first, second = offset[:23].mean(), offset[23:47].mean()
    assert in_oslo["cv_rmse_daily_frac"] == pytest.approx(np.sqrt((first**2 + second**2) / 2) / 100)
    short = hours[:11]
    few = measure_typical(
        short, 3, build_blocks(short[TIME], chosen.evaluate, least_weeks=0), interval="1h", zone="UTC"
    )
    assert np.isnan(few["cv_rmse_daily_frac"])


def test_bands_hold_equally_many_hours_and_their_own_error(chosen: settings.StageSettings) -> None:
    loads = np.arange(40.0, 60.0)
    scored = build_hours(10 * loads, 10 * loads * np.where(loads < 50, 1.02, 0.97)).assign(**{LOAD: loads})
    scored[BEST] = 10 * loads - 1
    scored.loc[:4, BEST] = 10 * loads[:5]
    bands = measure_bands(scored, LOAD, 2, build_blocks(scored[TIME], chosen.evaluate, least_weeks=0))
    assert list(bands) == ["band_1", "band_2"]
    assert [band["intervals"] for band in bands.values()] == [10, 10]
    assert [band["load_high"] for band in bands.values()] == [49.5, 59.0]
    assert [band["bias_frac"] for band in bands.values()] == pytest.approx([0.02, -0.03])
    assert [band["best"]["coverage_frac"] for band in bands.values()] == [0.5, 0.0]
    low = 10 * loads[:10]
    assert bands["band_1"]["cv_rmse_frac"] == pytest.approx(0.02 * np.sqrt((low**2).mean()) / low.mean())


def test_bands_of_one_load_are_one_band(chosen: settings.StageSettings) -> None:
    scored = build_hours(np.full(10, 100.0), np.full(10, 101.0)).assign(**{LOAD: [40.0] * 9 + [50.0]})
    bands = measure_bands(scored, LOAD, 2, build_blocks(scored[TIME], chosen.evaluate, least_weeks=0))
    assert [band["intervals"] for band in bands.values()] == [10]


def test_months_are_those_of_the_site(chosen: settings.StageSettings) -> None:
    scored = build_hours(np.full(30 * 24, 100.0), np.full(30 * 24, 101.0))
    scored[TIME] = pd.date_range("2024-03-31T20:00Z", periods=len(scored), freq="h")
    months = scored[TIME].dt.tz_convert("Europe/Oslo").dt.strftime("%Y-%m")
    found = measure_groups(scored, months, build_blocks(scored[TIME], chosen.evaluate, least_weeks=0))
    assert {name: entry["intervals"] for name, entry in found.items()} == {"2024-03": 2, "2024-04": 718}


def test_hours_that_could_not_be_scored_are_left_out_or_refused(package: curve.Package, split: dataset.Split) -> None:
    scored = evaluate.score_test(split, package)
    scored.loc[0, BEST] = np.nan
    assert len(drop_unscored(scored, "fjord")) == 3
    with pytest.raises(ElcError, match=r"plant fjord: none of 4 test intervals could be scored.*dvc repro train@fjord"):
        drop_unscored(scored.assign(**{TYPICAL: np.nan}), "fjord")
