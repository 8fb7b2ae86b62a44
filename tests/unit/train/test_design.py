"""What a curve is fitted to: the hours of each part, and which member leaves out which."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from elc.fields import AGE, ENERGY, TIME
from elc.train.design import Design, arrange_hours
from tests.unit.train.simulated import FEATURES, LOAD, SETTINGS, build_hours, split_hours


@pytest.fixture(scope="module")
def design() -> Design:
    return arrange_hours(*split_hours(build_hours(1500, 1), 1200), FEATURES, {LOAD: 1}, SETTINGS, fixed_gj_per_h=0.0)


def test_each_training_hour_is_left_out_by_one_member(design: Design) -> None:
    seen = design.find_seen(SETTINGS.members)
    assert seen.shape == (1200, SETTINGS.members)
    assert (seen.sum(axis=1) == SETTINGS.members - 1).all()
    assert (seen[np.arange(1200), design.train.folds] == 0).all()


def test_target_is_the_logarithm_of_specific_energy(design: Design) -> None:
    for part in (design.train, design.valid):
        energy = np.exp(design.shape.level + design.shape.spread * part.target) * part.hours[LOAD]
        np.testing.assert_allclose(energy, part.hours[ENERGY])
    assert design.train.target.mean() == pytest.approx(0, abs=1e-9)
    assert design.train.target.std() == pytest.approx(1)


def test_validation_hours_move_no_scale() -> None:
    train, valid = split_hours(build_hours(1500, 1), 1200)
    plain = arrange_hours(train, valid, FEATURES, {LOAD: 1}, SETTINGS, fixed_gj_per_h=0.0)
    other = arrange_hours(
        train, valid.assign(**{ENERGY: 2 * valid[ENERGY]}), FEATURES, {LOAD: 1}, SETTINGS, fixed_gj_per_h=0.0
    )
    np.testing.assert_array_equal(plain.train.columns, other.train.columns)
    assert (plain.shape.level, plain.shape.spread) == (other.shape.level, other.shape.spread)


def test_parts_are_described(design: Design) -> None:
    expected = pd.DataFrame(
        {
            "part": ["training", "validation"],
            "intervals": [1200, 300],
            "first": [design.train.hours[TIME].iloc[0], design.valid.hours[TIME].iloc[0]],
            "last": [design.train.hours[TIME].iloc[-1], design.valid.hours[TIME].iloc[-1]],
            "use": ["fits the curve", "decides when to stop, then fits the curve too"],
        }
    )
    pd.testing.assert_frame_equal(design.describe(), expected)


@pytest.mark.parametrize(("lives", "pieces"), [(1, 1), (3, 1), (4, 2), (7, 3)])
def test_ageing_bends_once_for_every_two_lives_that_were_seen(lives: int, pieces: int) -> None:
    hours = build_hours(1500, 1)
    aged = hours.assign(**{AGE: np.arange(len(hours)) % -(-1200 // lives) / 24})
    shape = arrange_hours(
        *split_hours(aged, 1200), [*FEATURES, AGE], {LOAD: 1, AGE: 1}, SETTINGS, fixed_gj_per_h=0.0
    ).shape
    is_age = shape.additive.feature == len(FEATURES)
    assert int(is_age.sum()) == pieces
    assert (shape.low[is_age] == 0).all()  # each rises
