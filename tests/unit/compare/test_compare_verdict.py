"""Which package is better on the same hours: losses worked out by hand, and what is chance."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from elc import compare, pages, settings
from elc.fields import ENERGY
from elc.records.comparison import Comparison, PairedTest

pytestmark = pytest.mark.usefixtures("explain_few")
WEEK_H = 168
Build = Callable[[int], pd.DataFrame]
Write = Callable[..., compare.Pair]


def run(pair: compare.Pair, hourly: pd.DataFrame, chosen: settings.StageSettings) -> Comparison:
    return compare.build_comparison(pair, compare.score_pair(hourly, pair, chosen), chosen)


def test_a_curve_8_too_high_is_worse_by_what_its_losses_say(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    found = run(write_pair({"shift": 8.0}, {}), build_hours(10 * WEEK_H), chosen)
    assert found.verdict == "worse"
    metrics = found.metrics
    # Losses of a quantile of 0.1: 0.9 x 5 once and 0.1 x 5 seven times; 8 higher, 0.9 x 13 and 0.9 x 3.
    assert metrics["right"]["pinball_best_gj_per_h"] == pytest.approx((4.5 + 7 * 0.5) / 8, rel=1e-4)
    assert metrics["left"]["pinball_best_gj_per_h"] == pytest.approx((11.7 + 7 * 2.7) / 8, rel=1e-4)
    assert (metrics["right"]["coverage_best_frac"], metrics["left"]["coverage_best_frac"]) == (0.125, 1.0)
    test = found.test
    assert test.difference_gj_per_h == pytest.approx(2.825, rel=1e-4)
    # Every week is the same: so is every draw of weeks, and all signs must agree by chance.
    assert test.difference_low_gj_per_h == pytest.approx(2.825, rel=1e-4)
    assert test.p == pytest.approx(2 / 2**10, rel=1e-4)
    assert (found.blocks, test.is_exact) == (10, True)
    assert pages.compare.build_answer(found) == (
        "The candidate is worse than v1.0.0 in prod: the pinball loss of best differs by "
        "+2.825 GJ/h (+2.825 to +2.825; p = 0.002) on 1,680 steady hours from 2024-03-04 to 2024-05-12 in 10 weeks."
    )
    assert pages.compare.write_test(found) == (
        "Paired test: the signs of whole weeks of the difference are flipped in every way; a share of "
        "p = 0.002 of these differ as much as was found (10 weeks). Above 0.05 the difference counts as chance; "
        "below 0 GJ/h candidate is better. Of 1,680 later hours 1,680 are compared; left out: none."
    )


def test_the_other_way_round_it_is_better(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    found = run(write_pair({}, {"shift": 8.0}), build_hours(10 * WEEK_H), chosen)
    assert found.verdict == "better"
    assert found.test.difference_gj_per_h == pytest.approx(-2.825, rel=1e-4)
    assert " is better than v1.0.0 in prod: " in pages.compare.build_answer(found)


def test_equal_packages_differ_by_nothing(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    found = run(write_pair({}, {}), build_hours(10 * WEEK_H), chosen)
    assert found.verdict == "chance"
    assert found.test == PairedTest(
        difference_gj_per_h=0.0, difference_low_gj_per_h=0.0, difference_high_gj_per_h=0.0, p=1.0, is_exact=True
    )
    assert found.sides["left"].sha256 == found.sides["right"].sha256
    sentence = pages.compare.build_answer(found)
    assert (
        " differ within chance: the pinball loss of best differs by 0.000 GJ/h (0.000 to 0.000; p = 1) on" in sentence
    )
    assert all(band.difference_gj_per_h == 0 for band in found.bands)
    assert pages.compare.build_changes(found).empty


def test_p_is_the_share_of_sign_flips_that_differ_as_much(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    hourly = build_hours(7 * WEEK_H)
    weeks = np.arange(len(hourly)) // WEEK_H  # the first is learnt from
    shift = np.array([0.0, 9.0, -4.0, 12.0, 2.0, -3.0, 7.0, 5.0])[weeks]
    hourly[ENERGY] += shift
    pair = write_pair({"shift": 6.0}, {})
    found = run(pair, hourly, chosen)
    scored = compare.score_pair(hourly, pair, chosen).sides
    losses = []
    for side in ("left", "right"):
        error = (scored[side][ENERGY] - scored[side]["energy_best_gj_per_h_pred"]).to_numpy()
        losses.append(np.where(error > 0, 0.1 * error, -0.9 * error))
    sums = (losses[0] - losses[1]).reshape(7, WEEK_H).sum(axis=1)
    flips = np.array(list(itertools.product([1, -1], repeat=7))) @ sums
    assert found.test.p == pytest.approx((np.abs(flips) >= abs(sums.sum()) - 1e-9).mean(), rel=1e-4)
    assert 0 < found.test.p < 1


@pytest.mark.parametrize(("rows", "blocks"), [(5 * WEEK_H, 5), (100, 1), (1, 1)])
def test_too_few_later_hours_are_said_so(
    rows: int, blocks: int, write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    found = run(write_pair({"shift": 8.0}, {}), build_hours(rows), chosen)
    assert (found.verdict, found.blocks, found.hours.intervals) == ("few", blocks, rows)
    assert ("p" in found.test.model_dump()) == (blocks > 1)
    sentence = pages.compare.build_answer(found)
    assert sentence.startswith("Too few later hours for a verdict on the candidate and ")
    assert sentence.endswith(f"in {blocks} week{'s' * (blocks > 1)}, and 168 hours in 6 weeks are required.")
    assert len(pages.compare.build_metrics(found)) == 4
    assert sum(band.intervals for band in found.bands) == rows
    if blocks == 1:
        assert pages.compare.write_test(found).startswith(
            "All hours lie in one block of 7 days, so chance cannot be ruled out."
        )


def test_few_hours_in_many_weeks_are_too_few_as_well(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    hourly = build_hours(10 * WEEK_H)
    hourly.loc[(hourly.index >= WEEK_H) & (hourly.index % 24 != 0), ENERGY] = np.nan
    found = run(write_pair({"shift": 8.0}, {}), hourly, chosen)
    assert (found.verdict, found.blocks, found.hours.intervals) == ("few", 10, 70)


def test_without_later_hours_nothing_is_compared(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    found = run(write_pair({}, {"shift": 8.0}), build_hours(0), chosen)
    assert found.verdict == "none"
    assert pages.compare.build_answer(found).endswith(
        " cannot be compared: there is no hour after 2024-03-03T23:00, the last used for training."
    )
    assert pages.compare.write_test(found) == "Nothing was tested."
    for build in (
        pages.compare.build_metrics,
        pages.compare.build_bands,
        pages.compare.build_band_shares,
        pages.compare.build_drivers,
    ):
        assert build(found).empty
    assert len(pages.compare.build_training(found)) == 9


def test_without_a_version_in_use_the_candidate_stands_alone(
    write_package: Callable, build_hours: Build, chosen: settings.StageSettings
) -> None:
    pair = compare.build_pair(write_package("left"), "candidate", None, "")
    found = run(pair, build_hours(10 * WEEK_H), chosen)
    assert found.verdict == "alone"
    assert pages.compare.build_answer(found) == (
        "There is nothing to compare the candidate with: no version is in use; its own pinball loss of best "
        "is 1.000 GJ/h on 1,680 steady hours from 2024-03-04 to 2024-05-12 in 10 weeks."
    )
    assert pages.compare.build_metrics(found).columns.tolist() == ["figure", "candidate"]
    assert pages.compare.build_bands(found).empty
    assert pages.compare.build_answer(run(pair, build_hours(0), chosen)).endswith(
        "no version is in use, and there is no hour after 2024-03-03T23:00, the last used for training."
    )
