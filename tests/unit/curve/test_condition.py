"""Condition: what a plant takes at the same set-points, told late, named where it is sure, and never looking ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve, findings, monitor
from elc.curve.condition import LEAST_LOG, SURE, WINDOW, PlantCondition
from elc.fields import (
    BEST,
    BEST_HIGH,
    BEST_LOW,
    CONDITION_FRAC,
    CONDITION_HIGH,
    CONDITION_LOW,
    CONDITION_SINCE,
    ENERGY,
    GAP,
    GAP_LOW,
    HIGH,
    OPERATORS_GAP,
    SCORED,
    TIME,
)
from elc.records.quality import ConditionBaseline, Quality
from elc.settings import PlantSettings
from tests.unit.monitor.sound import COST_PER_PCT, FLUE, FUEL, LOAD, build_later, build_package, build_settings, score

BASELINE = ConditionBaseline(level=0.0, scatter=0.001, windows=17)
DAYS, CHANGED = 120, 60


@pytest.fixture(scope="module")
def package() -> curve.Package:
    found = build_package()
    quality = found.baseline.quality.model_copy(update={"condition": BASELINE})
    return replace(found, baseline=replace(found.baseline, quality=quality))


def build_plant() -> PlantSettings:
    return build_settings().plant


def declare(day: str, kind: str) -> PlantSettings:
    event = {"date": day, "kind": kind, "reason": "as the log of the shift says"}
    return PlantSettings.model_validate({**build_plant().model_dump(by_alias=True), "events": [event]})


def change(hours: pd.DataFrame, frac: float, *, day: int = CHANGED) -> pd.DataFrame:
    """Let the plant take more from a day on, as fouling does."""
    later = hours[TIME] >= hours[TIME].iloc[0] + pd.Timedelta(day, "D")
    return score(hours.assign(**{FUEL: hours[FUEL] + later * frac * hours[ENERGY]}))


def tell(hours: pd.DataFrame, package: curve.Package, plant: PlantSettings | None = None) -> pd.DataFrame:
    lines = {HIGH: 1.02 * hours[BEST], BEST_LOW: hours[BEST] - 1, BEST_HIGH: hours[BEST] + 1}
    return curve.add_condition(hours.assign(**lines), package, plant or build_plant()).set_index(TIME)


def find_day(hours: pd.DataFrame, day: float) -> pd.Timestamp:
    return pd.Timestamp(hours[TIME].iloc[0] + pd.Timedelta(day, "D"))


def test_plant_that_does_not_change_has_no_condition(package: curve.Package) -> None:
    told = tell(build_later(DAYS), package)
    assert told[CONDITION_SINCE].isna().all()
    pd.testing.assert_series_equal(told[OPERATORS_GAP], told[GAP], check_names=False)
    assert told[CONDITION_FRAC].dropna().abs().max() < LEAST_LOG
    assert told[CONDITION_FRAC].iloc[: 7 * 24].isna().all()  # a week must be known, and a day passes


@pytest.mark.parametrize("frac", [0.02, -0.02])
def test_change_at_the_same_setpoints_is_named_with_its_size_and_day(package: curve.Package, frac: float) -> None:
    hours = build_later(DAYS)
    told = tell(change(hours, frac), package)
    changed = find_day(hours, CHANGED)
    named = told.index[told[CONDITION_SINCE].notna()]
    assert pd.Timedelta(13, "D") < named[0] - changed < pd.Timedelta(18, "D")
    assert abs(told[CONDITION_SINCE].dropna().iloc[0] - changed) < pd.Timedelta(4, "D")
    last = told.iloc[-1]
    assert last[CONDITION_FRAC] == pytest.approx(frac, abs=0.002)
    assert last[CONDITION_LOW] < last[CONDITION_FRAC] < last[CONDITION_HIGH]
    assert last[OPERATORS_GAP] == pytest.approx(last[GAP] - last[CONDITION_FRAC] * last[BEST])
    assert told.loc[named[0] :, CONDITION_SINCE].nunique() == 1  # it stays: no flicker


def test_condition_ends_when_it_is_gone(package: curve.Package) -> None:
    hours = change(change(build_later(150), 0.02, day=30), -0.0196, day=80)
    told = tell(hours, package)
    assert told[CONDITION_SINCE].notna().any()
    assert told[CONDITION_SINCE].iloc[-1] is pd.NaT


def test_setpoint_that_is_left_off_is_no_condition(package: curve.Package) -> None:
    hours = build_later(DAYS)
    later = hours[TIME] >= find_day(hours, CHANGED)
    wasteful = hours.assign(
        **{FLUE: hours[FLUE] + 2.0 * later, FUEL: hours[FUEL] + later * 2 * COST_PER_PCT * 20 * hours[LOAD]}
    )
    plain, told = tell(hours, package), tell(score(wasteful), package)
    assert told[CONDITION_SINCE].isna().all()
    waste = (told[OPERATORS_GAP] - plain[OPERATORS_GAP]).iloc[-24:]
    np.testing.assert_allclose(waste, (told[ENERGY] - plain[ENERGY]).iloc[-24:])


def test_where_setpoints_lie_beyond_what_was_learnt_the_last_condition_stands(package: curve.Package) -> None:
    hours = change(build_later(DAYS), 0.02, day=20)
    later = hours[TIME] >= find_day(hours, CHANGED)
    # Energy jumps by 5 % while flue O2 is at 9 %, of which the response knows nothing.
    strange = score(hours.assign(**{FLUE: hours[FLUE] + 7.0 * later, FUEL: hours[FUEL] + later * 0.05 * hours[ENERGY]}))
    told = tell(strange, package)
    assert told[CONDITION_FRAC].iloc[-1] == pytest.approx(0.02, abs=0.003)
    assert told[CONDITION_SINCE].iloc[-1] == told[CONDITION_SINCE].loc[find_day(hours, CHANGED)]


@pytest.mark.parametrize("seed", range(4))
def test_later_hours_never_change_what_was_told(package: curve.Package, seed: int) -> None:
    rng = np.random.default_rng(seed)
    hours = build_later(DAYS)
    for _ in range(3):
        hours = change(hours, rng.uniform(-0.03, 0.03), day=int(rng.integers(5, 110)))
    plant = declare("2024-05-20", "cleaning")
    whole = tell(hours, package, plant)
    for day in rng.integers(10, DAYS, 4):
        part = tell(hours.iloc[: 24 * day + int(rng.integers(0, 24))], package, plant)
        pd.testing.assert_frame_equal(part, whole.loc[part.index])


def test_event_makes_its_step_part_of_best(package: curve.Package) -> None:
    hours = change(build_later(DAYS), 0.02)
    day = find_day(hours, CHANGED)
    plant = declare(f"{day:%Y-%m-%d}", "equipment")
    assert plant.event_times == [datetime(day.year, day.month, day.day, tzinfo=UTC)]
    plain, told = tell(hours, package), tell(hours, package, plant)
    raised = (told[BEST] / plain[BEST]).to_numpy()
    assert raised[: 24 * CHANGED] == pytest.approx(1.0)
    assert raised[-1] == pytest.approx(1.02, abs=0.002)
    assert raised[24 * (CHANGED + 29)] == raised[-1]  # once four weeks are known it stays as it is
    assert told[CONDITION_SINCE].iloc[-1] is pd.NaT
    np.testing.assert_allclose(told[GAP], told[ENERGY] - told[BEST])
    assert (told[GAP_LOW].iloc[-24:] < told[GAP].iloc[-24:]).all()


def test_package_without_a_baseline_tells_no_condition(package: curve.Package) -> None:
    bare = replace(package, baseline=replace(package.baseline, quality=Quality()))
    told = tell(build_later(40), bare)
    assert told[[CONDITION_FRAC, CONDITION_LOW, CONDITION_HIGH, CONDITION_SINCE]].isna().all(axis=None)
    pd.testing.assert_series_equal(told[OPERATORS_GAP], told[GAP], check_names=False)


def test_members_that_disagree_make_it_less_sure(package: curve.Package) -> None:
    hours = change(build_later(DAYS), 0.02)

    class Split(type(package)):  # type: ignore[misc]
        def predict_response(self, frame: pd.DataFrame) -> Any:
            return super().predict_response(frame)[:, [0, 0, 0, 0]] * [1.0, 0.98, 1.0, 1.02]

    doubtful = Split(**{name: getattr(package, name) for name in package.__dataclass_fields__})
    told = tell(hours, doubtful)
    assert told[CONDITION_SINCE].isna().all()
    assert told[CONDITION_HIGH].iloc[-1] - told[CONDITION_LOW].iloc[-1] > 2 * 0.02 * SURE / 3


def test_baseline_is_of_windows_with_enough_hours() -> None:
    days = 12 * WINDOW.days
    times = pd.Series(pd.date_range("2024-01-01", periods=24 * days, freq="h", tz="UTC"))
    window = np.arange(len(times)) // (24 * WINDOW.days)
    log = np.where(window % 2, 0.004, -0.002)
    found = curve.build_condition_baseline(times, log, width_h=1.0)
    assert found is not None
    assert (found.level, found.windows) == (pytest.approx(0.001), 12)
    assert found.scatter == pytest.approx(0.003 * np.sqrt(12 / 11))
    assert curve.build_condition_baseline(times[:3000], log[:3000], width_h=1.0) is None
    assert curve.build_condition_baseline(times[:0], log[:0], width_h=1.0) is None


def test_baseline_is_that_of_the_latest_hours_where_old_ones_count_less() -> None:
    """Best has followed the drift until then: what it holds must not be forgiven once more."""
    days = 12 * WINDOW.days
    times = pd.Series(pd.date_range("2024-01-01", periods=24 * days, freq="h", tz="UTC"))
    log = 0.04 * np.arange(len(times)) / len(times)
    even = curve.build_condition_baseline(times, log, width_h=1.0)
    recent = curve.build_condition_baseline(times, log, width_h=1.0, half_life_days=30.0)
    assert even is not None
    assert recent is not None
    assert even.level == pytest.approx(0.02, abs=1e-4)
    assert recent.level == pytest.approx(0.04 * (1 - 30 / days), abs=1e-4)  # half of the weight is that old at most
    assert recent.windows == 12
    # Windows lie as far above the hours before them as they are later, not as far as the whole drift.
    assert recent.scatter == pytest.approx(0.04 * (14 + 30) / days, rel=0.15)
    assert recent.scatter < even.scatter / 2


def test_what_scoring_adds_is_no_column_of_the_historian(package: curve.Package) -> None:
    """Whatever is added to the hours of operation must not be told as a tag that was mapped since training."""
    told = tell(build_later(40), package).reset_index()
    added = set(told) - set(build_later(1)) - set(curve.OUTPUTS)
    assert added <= set(SCORED)
    check = monitor.check_hours(told, findings.build_frame([]), package, build_settings())
    assert "extra_column_check" not in check.findings["check"].tolist()


def test_moments_before_training_ended_have_no_condition(package: curve.Package) -> None:
    hours = build_later(40)
    told = PlantCondition(hours, package, 1.0).build_columns(hours[TIME] - pd.Timedelta(50, "D"))
    assert told[[CONDITION_FRAC, CONDITION_SINCE]].isna().all(axis=None)
