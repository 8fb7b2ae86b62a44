"""What a change of energy is traced to, of plants that changed in one known way, and whether its date holds the day."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from elc import findings, monitor
from elc.fields import BEST, GAP, IS_STEADY, TIME, TYPICAL
from elc.monitor.dating import Since, date_change
from elc.monitor.inputs import find_moved_inputs
from elc.monitor.verdict import build_health
from elc.pages.findings import say_finding
from elc.pages.monitor import say_recommendation
from tests.unit.monitor.sound import (
    AIR,
    FUEL,
    LOAD,
    START,
    TRAINED_DAYS,
    Linear,
    build_hours,
    build_package,
    build_settings,
)
from tests.unit.monitor.sound import score as score_plain

NOTHING = findings.build_frame([])
LATER_DAYS, PER_DEGC, SEEDS = 70, 0.004, 4
Change = Callable[[pd.DataFrame, pd.Timestamp], pd.DataFrame]


class Weathered(Linear):
    """A curve that also knows 0.4 % more energy for each degree of the air above 10."""

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        typical = 20 * frame[LOAD] * (1 + PER_DEGC * (frame[AIR] - 10))
        return pd.DataFrame({BEST: 0.98 * typical, TYPICAL: typical})

    def predict_response(self, frame: pd.DataFrame) -> np.ndarray:
        return super().predict_response(frame) * (1 + PER_DEGC * (frame[AIR].to_numpy(float) - 10))[:, None]


def take_more(hours: pd.DataFrame, share: np.ndarray | pd.Series) -> pd.DataFrame:
    """Let the plant take a share of its energy more, as fuel."""
    return hours.assign(**{FUEL: hours[FUEL] + share * 20 * hours[LOAD]})


def build_plant(seed: int, day: pd.Timestamp, change: Change) -> pd.DataFrame:
    """Build the scored hours of training and of later weeks, in which something changes on a day."""
    hours = build_hours(TRAINED_DAYS + LATER_DAYS, seed=seed)
    hours[AIR] = 10 + 0.5 * (hours[AIR] - 10)
    changed = change(take_more(hours, PER_DEGC * (hours[AIR] - 10)), day)
    scored = score_plain(changed)
    predicted = Weathered.predict(build_curve(), scored)
    scored = scored.assign(**predicted)
    return scored.assign(**{GAP: scored["energy_gj_per_h"] - scored[BEST]})


def build_curve() -> Weathered:
    plain = build_package()
    return Weathered(plain.card, pd.DataFrame(), None, None, None, baseline=plain.baseline)  # type: ignore[arg-type]


def find_since(hours: pd.DataFrame, day: pd.Timestamp) -> np.ndarray:
    return np.asarray((hours[TIME] - day) / pd.Timedelta(1, "D"))


def change_regime(hours: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Another load from a day on, at which the plant takes more than the curve, which never saw it, says."""
    is_later = find_since(hours, day) >= 0
    factor = np.where(is_later, 0.85, 1.0)
    columns = [str(name) for name in hours if str(name).endswith("_per_h")]
    lower = hours.assign(**{name: hours[name] * factor for name in columns})
    return take_more(lower, np.where(is_later, 0.012, 0.0))


def change_season(hours: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """A summer that was not trained on: the air rises by a third of a degree a day, and takes more than is known."""
    warmer = 0.33 * np.clip(find_since(hours, day), 0, None)
    return take_more(hours.assign(**{AIR: hours[AIR] + warmer}), (PER_DEGC + 0.002) * warmer)


def shift_sensor(hours: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    return hours.assign(**{AIR: hours[AIR] + np.where(find_since(hours, day) >= 0, 6.0, 0.0)})


def foul(hours: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    return take_more(hours, 0.02 * np.clip(find_since(hours, day) / 28, 0, 1))


def check(seed: int, change: Change) -> tuple[monitor.Check, monitor.Verdict, pd.Timestamp]:
    day = START + pd.Timedelta(TRAINED_DAYS + 14 + 3 * seed, "D")
    package, chosen, hours = build_curve(), build_settings(), build_plant(seed, day, change)
    found = monitor.check_hours(hours, NOTHING, package, chosen)
    health = build_health(found, [], chosen)
    verdict = monitor.build_verdict(found, package, chosen, hour=hours.iloc[-1], no_gap_reasons=(), health=health)
    return found, verdict, day


def holds(since: Since | None, day: pd.Timestamp) -> bool:
    return since is not None and since.first <= day <= since.last


def test_another_load_is_said_as_such_and_dated() -> None:
    held = 0
    for seed in range(1, SEEDS + 1):
        found, verdict, day = check(seed, change_regime)
        moved = found.concept.find_moved(LOAD)
        assert (found.concept.kind, found.concept.inputs) == ("inputs", (LOAD,))
        assert not set(found.findings["check"]) & {"relation"}
        assert moved is not None
        assert moved.after == pytest.approx(0.85 * moved.before, rel=0.03)
        held += holds(moved.since, day)
        said = say_recommendation(verdict.recommendation)
        assert said.startswith(
            ("The plant runs at another load since", "Train again: the plant runs at another load since")
        )
    assert held >= 0.75 * SEEDS
    (finding,) = [one for one in findings.list_findings(found.findings) if one.check == "load_regime"]
    assert say_finding(finding).startswith(f"The plant runs at another load since about {finding.start:%Y-%m-%d}")


def test_season_is_named_and_no_tag_is_looked_at() -> None:
    for seed in range(1, SEEDS + 1):
        found, verdict, _ = check(seed, change_season)
        assert (found.concept.kind, found.concept.inputs, found.concept.suspects) == ("inputs", (AIR,), ())
        assert not set(found.findings["check"]) & {"relation", "load_regime"}
        assert not say_recommendation(verdict.recommendation).startswith("Check air")


def test_shift_of_a_sensor_is_its_own_cause() -> None:
    held = 0
    for seed in range(1, SEEDS + 1):
        found, verdict, day = check(seed, shift_sensor)
        assert found.concept.suspects == (AIR,)
        assert (verdict.action, verdict.recommendation.name) == ("look", "sensor_off")
        assert "air_temp_degc (TI2): its own move explains" in say_recommendation(verdict.recommendation)
        held += holds(found.concept.since, day)
    assert held >= 0.75 * SEEDS
    (finding,) = [one for one in findings.list_findings(found.findings) if one.check == "relation"]
    assert "The move of air_temp_degc (TI2) itself explains it: check that sensor." in say_finding(finding)


def test_fouling_moves_no_input_and_its_begin_is_dated() -> None:
    held = 0
    for seed in range(1, SEEDS + 1):
        found, _, day = check(seed, foul)
        assert (found.concept.kind, found.concept.inputs, found.concept.sensor) == ("relation", (), "")
        assert set(found.findings["check"]) >= {"relation"}
        held += holds(found.concept.since, day)
    assert held >= 0.75 * SEEDS


def build_days(values: np.ndarray) -> pd.DataFrame:
    times = pd.date_range(START, periods=len(values), freq="D")
    return pd.DataFrame({TIME: times, "mean": values, "known_h": 24.0})


@pytest.mark.parametrize("size", [1.5, 3.0, 5.0])
@pytest.mark.parametrize("lag", [0.0, 0.5])
@pytest.mark.parametrize("rise", [1, 10])
def test_interval_of_a_date_holds_the_day_in_most_cases(size: float, lag: float, rise: int) -> None:
    rng, held = np.random.default_rng(4), 0
    for _ in range(60):
        count = int(rng.integers(40, 100))
        at = int(rng.integers(12, count - 10))
        noise = rng.normal(0, np.sqrt(1 - lag**2), count)
        for row in range(1, count):
            noise[row] += lag * noise[row - 1]
        days = build_days(noise + size * np.clip((np.arange(count) - at + 1) / rise, 0, 1))
        held += holds(date_change(days), START + pd.Timedelta(at, "D"))
    assert held >= 0.7 * 60


@pytest.mark.parametrize("values", [np.zeros(40), np.arange(5.0)])
def test_too_few_or_still_days_have_no_date(values: np.ndarray) -> None:
    assert date_change(build_days(values)) is None


def test_plant_that_never_runs_has_no_moved_input() -> None:
    hours = build_hours(10).assign(**{IS_STEADY: False})
    assert find_moved_inputs(hours, build_curve(), drifted=(), width_h=1.0) == []
