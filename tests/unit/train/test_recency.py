"""Whether old hours count less: where the plant has changed, and never because a set-point was left off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import curve, findings, settings
from elc.dataset import LEAST_WEEKS, Split
from elc.fields import AGE, ENERGY, TIME
from elc.paths import Project
from elc.settings import TagList
from elc.train.design import arrange_hours, build_design
from elc.train.fit import CurveFit, fit_design
from elc.train.folds import Gain
from elc.train.package import write_package
from elc.train.recency import HALF_LIVES, Recency, choose_recency
from elc.train.response import fit_response
from tests.unit.train.simulated import (
    FEATURES,
    FLUE,
    LOAD,
    SETTINGS,
    Array,
    build_hours,
    build_tags,
    find_straight,
    split_hours,
)

# What tf2onnx asks NumPy for, and how Keras copies a variable: both warn, neither is ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore:In the future .np.object. will be defined:FutureWarning"),
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning:keras"
    ),
]
ROOT = Path(__file__).parents[3]
DAYS = 260
COST = 0.01  # of energy, for each per cent of flue gas oxygen
PIECES = [3, 1, 1]
JUDGES = 8 * 90 + 1  # hours of the last three half-lives
SHORT = Recency(30.0, 30.0, Gain(0.01, 5.0, 20))


@pytest.fixture(scope="module")
def still() -> pd.DataFrame:
    """A plant that does not change, whose flue gas oxygen costs, every third hour of 260 days."""
    hours = build_hours(24 * DAYS, 4, lambda hours: find_straight(hours) + COST * hours[FLUE].to_numpy())
    return hours.iloc[::3].reset_index(drop=True)


def find_share(hours: pd.DataFrame) -> Array:
    """How much of the history has passed at each hour."""
    return np.arange(len(hours)) / len(hours)


def foul(hours: pd.DataFrame) -> pd.DataFrame:
    return hours.assign(**{ENERGY: hours[ENERGY] * (1 + 0.06 * find_share(hours))})


def leave_off(hours: pd.DataFrame) -> pd.DataFrame:
    """Leave the oxygen at 6 % in the last 40 % of the history, and pay for it."""
    left = np.where(find_share(hours) > 0.6, 6.0, hours[FLUE])
    return hours.assign(**{FLUE: left, ENERGY: hours[ENERGY] * np.exp(COST * (left - hours[FLUE]))})


def choose(hours: pd.DataFrame, setpoints: list[str]) -> Recency:
    columns = FEATURES + setpoints
    target = np.log(hours[ENERGY] / hours[LOAD]).to_numpy()
    return choose_recency(hours, columns, target, PIECES + [4] * len(setpoints), SETTINGS.block_days)


def test_hours_of_a_plant_that_does_not_change_count_alike(still: pd.DataFrame) -> None:
    found = choose(still, [FLUE])
    assert found.half_life_days is None
    assert found.gain.blocks >= LEAST_WEEKS
    assert not found.gain.is_sure
    assert (found.weigh(still[TIME]) == 1).all()


def test_old_hours_of_a_plant_that_fouls_count_less(still: pd.DataFrame) -> None:
    found = choose(foul(still), [FLUE])
    assert found.half_life_days in HALF_LIVES
    assert found.gain.is_sure
    assert found.gain.mean > 0.001


def test_set_point_that_is_left_off_makes_no_hour_count_less(still: pd.DataFrame) -> None:
    wasteful = leave_off(still)
    assert choose(wasteful, [FLUE]).half_life_days is None
    assert choose(wasteful, []).half_life_days is not None  # what it would forgive without the set-point


def test_few_weeks_cannot_tell(still: pd.DataFrame) -> None:
    found = choose(foul(still).iloc[: 8 * 7 * 20], [FLUE])
    assert found.half_life_days is None
    assert found.gain.blocks == 10  # the later half of twenty weeks
    assert found.describe() == "All hours count alike: 10 weeks cannot tell whether old ones should count less."
    assert choose(still[:0], [FLUE]).gain.blocks == 0


def test_choice_is_described() -> None:
    assert SHORT.describe() == (
        "An hour counts half as much as one that is 30 days younger: that gains +1.0000% of energy on later hours "
        "(t = 5.0 over 20 weeks)."
    )
    assert replace(SHORT, half_life_days=None, gain=Gain(-0.01, -5.0, 20)).describe() == (
        "All hours count alike: a half-life of 30 days, the best of those tried, gains -1.0000% of energy on later "
        "hours (t = -5.0 over 20 weeks)."
    )


def test_plant_is_asked_with_all_that_it_learns_from(still: pd.DataFrame) -> None:
    fouled = foul(still)
    fouled.loc[7, FLUE] = np.nan
    train, later = split_hours(fouled, 1500)
    split = Split(62.5, train, *split_hours(later, 400))
    tags = TagList("fjord", tuple(tag for tag in build_tags() if tag.column != AGE))  # it would tell the fouling
    design = build_design(split, tags, SETTINGS, fixed_gj_per_h=0.0)
    assert design.recency.half_life_days is not None
    assert design.recency.gain.blocks == 18  # the later half of training and validation
    assert design.join(SETTINGS).recency is design.recency


def test_members_learn_most_from_the_latest_hours(still: pd.DataFrame) -> None:
    train, valid = split_hours(still, 1600)
    recent = arrange_hours(train, valid, FEATURES, {LOAD: 1}, SETTINGS, fixed_gj_per_h=0.0, recency=SHORT)
    seen = recent.find_seen(SETTINGS.members)
    assert ((seen > 0).sum(axis=1) == SETTINGS.members - 1).all()
    assert seen.max(axis=1)[[-1, -1 - 8 * 30, -1 - 8 * 60]] == pytest.approx([1.0, 0.5, 0.25])
    assert recent.train.is_judge.sum() == JUDGES


@pytest.fixture(scope="module")
def changed(still: pd.DataFrame) -> Split:
    """A plant that takes 4 % more from an hour on."""
    hours = still.assign(**{ENERGY: still[ENERGY] * np.where(find_share(still) > 0.6, 1.04, 1.0)})
    train, later = split_hours(hours, 1600)
    return Split(62.5, train, *split_hours(later, 400))


@pytest.fixture(scope="module")
def fit(changed: Split) -> CurveFit:
    parts = changed.train, changed.valid
    design = arrange_hours(*parts, FEATURES, {LOAD: 1}, SETTINGS, fixed_gj_per_h=0.0, recency=SHORT)
    return fit_design(design, SETTINGS)


def test_curve_of_a_changed_plant_is_that_of_its_latest_hours(changed: Split, fit: CurveFit) -> None:
    latest = changed.learnt.iloc[-600:]
    typical = np.asarray(fit.model(latest[FEATURES].to_numpy(np.float32)))[:, 1]
    # A tenth of the weight is that of hours before the change, which are all below; alike, most of them would be.
    assert (latest[ENERGY] < typical).mean() == pytest.approx(0.45, abs=0.05)
    assert fit.held_out[TIME].tolist() == changed.learnt[TIME].iloc[-JUDGES:].tolist()
    assert fit.recency is SHORT


@pytest.mark.long(reason="a package is written: 15 s")
def test_package_says_how_fast_hours_lost_weight_and_holds_the_latest(
    changed: Split, fit: CurveFit, tmp_path: Path
) -> None:
    tags = TagList("fjord", tuple(tag for tag in build_tags() if tag.column != AGE))
    chosen = replace(settings.read_plant(Project(ROOT), "fjord"), train=SETTINGS)
    response = fit_response(changed, tags, SETTINGS)
    write_package(tmp_path / "fjord", fit, response, changed, tags, chosen, weak=findings.build_frame([]))
    package = curve.read(tmp_path / "fjord")
    assert package.card["metrics"]["half_life_days"] == 30.0
    assert package.precedents[TIME].min() >= changed.learnt[TIME].iloc[-JUDGES]
