"""What the additive part needs beyond its pieces: found where it is, and not where there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from elc.dataset import LEAST_WEEKS, Split
from elc.fields import AGE, ENERGY
from elc.settings import TagList
from elc.train.basis import Term
from elc.train.design import Design, build_design
from elc.train.fit import fit_additive
from elc.train.folds import Gain
from elc.train.recency import EVEN
from elc.train.terms import NO_TERMS, Terms, choose_terms
from tests.unit.train.simulated import (
    AIR,
    FEATURES,
    LOAD,
    PRESSURE,
    SETTINGS,
    Array,
    build_hours,
    build_tags,
    find_bent,
    find_straight,
    split_hours,
)

HOURS = 24 * 7 * 16
PIECES = [3, 1, 1]
HEIGHT, AT = 0.03, 52.4


def find_stepped(hours: pd.DataFrame) -> Array:
    return find_straight(hours) + HEIGHT * (hours[LOAD].to_numpy() > AT)


def find_falling(hours: pd.DataFrame) -> Array:
    return find_straight(hours) - HEIGHT * (hours[LOAD].to_numpy() > AT)


def find_surge(hours: pd.DataFrame) -> Array:
    """A recycle that opens below a load, and costs more the lower it is."""
    return find_straight(hours) + 0.4 * np.maximum(np.log(AT / hours[LOAD].to_numpy()), 0.0)


def choose(hours: pd.DataFrame, columns: Sequence[str] = FEATURES, signs: dict[str, int] | None = None) -> Terms:
    target = np.log(hours[ENERGY] / hours[LOAD]).to_numpy()
    pieces = [PIECES[0], *(1 for _ in columns[1:])]
    return choose_terms(hours, list(columns), signs or {}, target, pieces, SETTINGS, EVEN)


@pytest.mark.parametrize(("sec", "kind"), [(find_stepped, "step"), (find_surge, "bend")])
def test_step_and_bend_are_found_where_they_are(sec: Callable[[pd.DataFrame], Array], kind: str) -> None:
    terms = choose(build_hours(HOURS, 3, sec))
    assert [term.kind for term in terms.found] == [kind]
    assert terms.found[0].load == pytest.approx(AT, abs=0.1 if kind == "step" else 1.5)
    assert not terms.is_kept  # the next one was tried, and gained nothing


def test_driver_that_acts_with_load_is_found() -> None:
    terms = choose(build_hours(HOURS, 3, find_bent))
    assert [(term.kind, term.driver) for term in terms.found] == [("pair", FEATURES.index(AIR))]
    assert terms.describe().startswith("Besides its pieces the additive part has `air_temp_degc` acting with load: ")


def test_driver_acts_with_load_in_its_declared_direction_only() -> None:
    hours = build_hours(HOURS, 3, find_bent)  # air costs more as load rises
    kinds = {sign: {term.kind for term in choose(hours, signs={AIR: sign}).found} for sign in (1, -1)}
    assert kinds == {1: {"pair"}, -1: set()}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sum_of_straight_effects_needs_nothing(seed: int) -> None:
    terms = choose(build_hours(HOURS, seed))
    assert terms.found == ()
    assert terms.tried is not None
    assert not terms.is_kept


def test_step_that_energy_takes_down_is_none() -> None:
    assert "step" not in {term.kind for term in choose(build_hours(HOURS, 3, find_falling)).found}


def test_ageing_acts_with_nothing() -> None:
    hours = build_hours(HOURS, 3)
    share = (hours[AGE] - 100).to_numpy() / 100
    aged = hours.assign(**{ENERGY: hours[ENERGY] * np.exp(0.004 * share * (hours[LOAD] - 50))})
    assert "pair" not in {term.kind for term in choose(aged, [*FEATURES, AGE]).found}


def test_steps_are_found_one_by_one() -> None:
    def find_stairs(hours: pd.DataFrame) -> Array:
        return find_stepped(hours) + 0.06 * (hours[LOAD].to_numpy() > 44.0)

    terms = choose(build_hours(HOURS, 3, find_stairs))
    assert [term.kind for term in terms.found] == ["step", "step"]
    assert [term.load for term in terms.found] == pytest.approx([44.0, AT], abs=0.1)  # the higher one first
    assert terms.describe().startswith(
        "Besides its pieces the additive part has a step at a load of 44, a step at a load of 52.41: "
    )


def test_few_weeks_tell_nothing() -> None:
    terms = choose(build_hours(24 * 7 * (LEAST_WEEKS - 1), 3, find_stepped))
    assert terms.found == ()
    assert terms.describe() == "11 weeks cannot tell where the curve bends or steps over load."


def test_one_load_has_no_steps() -> None:
    assert choose(build_hours(HOURS, 3).assign(**{LOAD: 50.0})).found == ()


def test_choice_is_described() -> None:
    step, pair = Term("step", 76.9512), Term("pair", driver=1)
    terms = replace(NO_TERMS, tried=step, gain=Gain(0.0002, 1.5, 60), columns=(LOAD, AIR))
    gains = "gains +0.0200% of energy on hours that a member was not trained on (t = 1.5)."
    assert terms.describe() == (
        f"Pieces are all of the additive part: a step at a load of 76.95, the best of what else was tried, {gains}"
    )
    assert replace(terms, found=(pair,)).describe() == (
        "Besides its pieces the additive part has `air_temp_degc` acting with load: a step at a load of 76.95, "
        f"the best of what else was tried, {gains}"
    )
    assert replace(terms, found=(pair, step), is_kept=True).describe() == (
        "Besides its pieces the additive part has `air_temp_degc` acting with load, a step at a load of 76.95: "
        f"the last of these {gains}"
    )


@pytest.fixture(scope="module")
def design() -> Design:
    """A plant whose energy steps up, and whose air costs more at high load."""

    def find_both(hours: pd.DataFrame) -> Array:
        return find_bent(hours) + find_stepped(hours) - find_straight(hours)

    train, later = split_hours(build_hours(HOURS, 5, find_both), HOURS - 600)
    tags = TagList("fjord", tuple(tag for tag in build_tags() if tag.column not in (AGE, PRESSURE)))
    return build_design(Split(62.5, train, *split_hours(later, 500)), tags, SETTINGS, fixed_gj_per_h=0.0)


def test_design_has_them_and_keeps_them_for_the_last_fit(design: Design) -> None:
    assert sorted(term.kind for term in design.terms.found) == ["pair", "step"]
    whole = design.join(SETTINGS)
    assert whole.terms is design.terms
    for shape in (design.shape, whole.shape):
        assert int(shape.additive.is_alone.sum()) == 2
        assert shape.additive.pairs == 1


def test_fit_knows_the_height_of_a_step(design: Design) -> None:
    slopes = fit_additive(design, SETTINGS).slopes
    step = slopes[:, design.shape.additive.is_alone & (design.shape.low == 0)][:, 0]
    assert step * design.shape.spread == pytest.approx(HEIGHT * np.ones_like(step), abs=0.006)


def test_step_that_gains_little_is_left_out_however_sure() -> None:
    def find_low(hours: pd.DataFrame) -> Array:
        return find_straight(hours) + 0.005 * (hours[LOAD].to_numpy() > AT)

    terms = choose(build_hours(4 * HOURS, 3, find_low))
    assert terms.tried is not None
    assert terms.tried.load == pytest.approx(AT, abs=1.0)
    assert terms.gain.is_sure
    assert terms.found == ()
