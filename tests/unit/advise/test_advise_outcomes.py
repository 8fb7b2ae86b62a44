"""What came of advice: cases, moves that were made, and savings worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import advise, settings
from elc.advise.clock import HOUR_NS
from elc.advise.realised import Spells
from elc.advise.total import find_chance
from elc.fields import ENERGY, GAP, TIME

LOAD = "load_t_per_h"
FLUE, RATIO, CHILLER = "flue_o2_pct", "steam_to_carbon_ratio", "chiller_temp_degc"
NOTES = advise.read_notes(Path("nowhere")).rows
NONE = advise.read_outcomes(Path("nowhere"))
NAN = float("nan")
Judge = Callable[..., pd.DataFrame]


def build_log(times: pd.Series, rows: dict[int, float], *, setpoint: str = FLUE, is_shown: bool = True) -> pd.DataFrame:
    """A log that advises one set-point, at 12, to go elsewhere in some hours, and to save 4 GJ/h."""
    given = {"version": "v1", "is_shown": is_shown, "setpoint": setpoint, "now": 12.0, "precedents": 3, "reason": ""}
    saving = {"saving_gj_per_h": 4.0, "low_gj_per_h": 3.0, "high_gj_per_h": 5.0}
    log = pd.DataFrame([{TIME: times.iloc[row], "to": to, **given, **saving} for row, to in rows.items()])
    return log.reindex(columns=advise.read_log(Path("nowhere")).columns)


@pytest.fixture
def judge(build_hours: Any, build_package: Any, rules: settings.AdviseSettings) -> Judge:
    """Follow up 48 hours: advised at 12 in hours 0 to 3 to go to 10; `values` say where the set-point is."""

    def judge(values: Any, *, log: dict[int, float] | None = None, **changes: Any) -> pd.DataFrame:
        columns = {FLUE: np.broadcast_to(np.asarray(values, float), 48), **changes.pop("columns", {})}
        hours = build_hours(48, **columns)
        package = build_package([[2.0, 2.0], [3.0, 3.0], [0.0, 0.0], [0.0, 0.0]])
        found = changes.pop("whole", build_log(hours[TIME], log or dict.fromkeys(range(4), 10.0)))

        former = changes.pop("former", NONE)
        return advise.build_outcomes(hours, found, NOTES, package, rules.model_copy(update=changes), former=former)

    return judge


def build_steps(*levels: tuple[int, float]) -> list[float]:
    """Values of 48 hours that change at given hours."""
    return [next(value for start, value in reversed(levels) if hour >= start) for hour in range(48)]


@pytest.mark.parametrize(
    ("values", "outcome", "moved_hour", "held_h"),
    [
        (build_steps((0, 12.0), (6, 10.0)), "followed", 6, 12.0),
        (build_steps((0, 12.0), (6, 10.9)), "followed", 6, 12.0),
        (build_steps((0, 12.0), (9, 10.0)), "followed", 9, 12.0),  # the last hour within six of the last advice
        (build_steps((0, 12.0), (12, 10.0)), "not", None, 0.0),
        (build_steps((0, 12.0), (6, 10.0), (10, 12.0)), "followed", 6, 5.0),
        (build_steps((0, 12.0), (6, 10.0), (7, 12.0)), "partly", None, 0.0),  # it did not stay
        (build_steps((0, 12.0), (6, 11.4)), "partly", None, 0.0),
        (build_steps((0, 12.0), (6, 14.0)), "not", None, 0.0),
    ],
)
def test_case_is_followed_where_the_set_point_moved_and_stayed(
    values: list[float], outcome: str, moved_hour: int | None, held_h: float, judge: Judge
) -> None:
    case = judge(values).iloc[0]
    start = pd.Timestamp("2026-06-01", tz="UTC")
    assert case["outcome"] == outcome
    assert case["held_h"] == held_h
    assert (
        case["moved_at"] is pd.NaT if moved_hour is None else case["moved_at"] == start + pd.Timedelta(moved_hour, "h")
    )
    assert (case["start"], case["end"], case["hours"]) == (start, start + pd.Timedelta("3h"), 4)


def test_case_whose_time_is_not_over_is_open(judge: Judge) -> None:
    assert judge(12.0, log=dict.fromkeys(range(40, 48), 10.0))["outcome"].tolist() == ["open"]


@pytest.mark.parametrize("length", [1, 2, 3, 48])
def test_advice_that_begins_at_the_newest_hour_is_open(
    length: int, build_hours: Any, build_package: Any, rules: settings.AdviseSettings
) -> None:
    hours = build_hours(length)
    log = build_log(hours[TIME], {length - 1: 10.0})
    found = advise.build_outcomes(hours, log, NOTES, build_package([[1.0, 1.0]] * 4), rules, former=NONE)
    assert found["outcome"].tolist() == ["open"]
    assert found["moved_at"].isna().all()


@pytest.mark.parametrize(
    ("hour", "values", "outcome"),
    [
        (38, 12.0, "not"),  # six hours to follow, and three in which a move must stay: 47 is the last
        (39, 12.0, "open"),
        (34, build_steps((0, 12.0), (35, 10.0)), "followed"),  # held for twelve hours, at most
        (34, build_steps((0, 12.0), (36, 10.0)), "open"),
    ],
)
def test_verdict_waits_for_the_hours_that_it_needs(hour: int, values: Any, outcome: str, judge: Judge) -> None:
    assert judge(values, log={hour: 10.0})["outcome"].tolist() == [outcome]


def test_set_point_that_is_not_known_has_no_verdict(judge: Judge) -> None:
    values = [12.0] * 5 + [NAN] * 43
    assert judge(values)["outcome"].tolist() == ["unknown"]


def build_wandering(count: int) -> np.ndarray:
    """A set-point that is moved every few hours, to where it was advised or elsewhere."""
    rng = np.random.default_rng(7)
    return np.repeat(rng.choice([12.0, 11.0, 10.0, 13.0], count // 5 + 1), 5)[:count] + rng.normal(0, 0.05, count)


def test_closed_case_stays_as_it_is_whatever_comes_later(
    build_hours: Any, build_package: Any, rules: settings.AdviseSettings
) -> None:
    values, package = build_wandering(120), build_package([[2.0, 2.0], [3.0, 3.0], [0.0, 0.0], [0.0, 0.0]])
    rng = np.random.default_rng(8)
    whole = build_log(build_hours(120)[TIME], {hour: 10.0 for hour in range(120) if hour % 23 < 14})
    closed, former = advise.read_outcomes(Path("nowhere")), NONE
    for count in range(1, 101):
        hours = build_hours(count, **{FLUE: values[:count], GAP: 20 + rng.normal(0, 1, count)})  # late data change all
        log = whole[whole[TIME] <= hours[TIME].max()]
        found = advise.build_outcomes(
            hours, log, NOTES, package, rules.model_copy(update={"log_days": 2}), former=former
        )
        kept = found[found["start"].isin(closed["start"])].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, closed)
        assert not found.duplicated(["setpoint", "start"]).any()
        former, closed = found, found[found["outcome"] != "open"].reset_index(drop=True)
    assert set(closed["outcome"]) >= {"followed", "not"}
    assert len(closed) > 5


def test_cases_at_the_old_end_of_a_candidates_log_do_not_change(
    build_hours: Any, build_package: Any, rules: settings.AdviseSettings
) -> None:
    values, package = build_wandering(120), build_package([[2.0, 2.0], [3.0, 3.0], [0.0, 0.0], [0.0, 0.0]])
    rows = {hour: 10.0 for hour in range(120) if hour % 23 < 14}
    whole = build_log(build_hours(120)[TIME], rows, is_shown=False)
    seen: dict[pd.Timestamp, pd.Series] = {}
    left: set[pd.Timestamp] = set()
    for count in range(56, 111):
        hours = build_hours(count, **{FLUE: values[:count]})
        last = hours[TIME].max()
        log = whole[(whole[TIME] <= last) & (whole[TIME] > last - pd.Timedelta("2D"))]
        found = advise.build_outcomes(hours, log, NOTES, package, rules.model_copy(update={"log_days": 2}), former=NONE)
        closed = {case["start"]: case[["end", "outcome", "moved_at", "held_h"]] for _, case in found.iterrows()}
        closed = {start: case for start, case in closed.items() if case["outcome"] != "open"}
        left |= set(seen) - set(closed)
        assert not left & set(closed)  # what left the window does not come back
        for start in set(seen) & set(closed):
            pd.testing.assert_series_equal(closed[start], seen[start], check_names=False)
        seen |= closed
    assert len(seen) > 4


def test_case_of_which_an_hour_was_shown_begins_with_that_hour(judge: Judge, build_hours: Any) -> None:
    log = build_log(build_hours(48)[TIME], dict.fromkeys(range(8, 16), 10.0), is_shown=False)
    log.loc[[3, 6], "is_shown"] = True  # between them a late batch, whose other hours nobody saw
    found = judge(12.0, whole=log)
    assert found["is_shown"].tolist() == [True]
    assert found["start"].tolist() == [log[TIME].iloc[3]]
    assert found["hours"].tolist() == [5]


def test_what_a_candidate_found_is_dropped_and_what_a_former_version_found_stays(
    judge: Judge, build_hours: Any
) -> None:
    times = build_hours(48)[TIME]
    log = build_log(times, dict.fromkeys(range(10, 14), 10.0))
    rows = [("v0", times.iloc[0], True), ("candidate", times.iloc[12], False), ("v0", times.iloc[0], False)]
    former = pd.DataFrame(rows, columns=["version", "start", "is_shown"]).assign(
        setpoint=RATIO, end=times.iloc[13], outcome="not", hours=1, step=-1
    )
    former = former.reindex(columns=list(advise.OUTCOMES)).astype(advise.OUTCOMES)
    found = judge(12.0, whole=log, former=former)
    assert sorted(found["version"]) == ["v0", "v0", "v1"]


@pytest.mark.parametrize(
    ("followed", "cases", "alike", "alone", "chance"),
    [(3, 3, 0, 3, 0.1), (0, 0, 5, 9, 1.0), (2, 4, 2, 4, 1.0), (9, 10, 2, 10, 0.005477)],
)
def test_chance_is_that_of_fishers_exact_test(followed: int, cases: int, alike: int, alone: int, chance: float) -> None:
    assert find_chance(followed, cases, alike, alone) == pytest.approx(chance, abs=1e-5)


@pytest.mark.parametrize(
    ("log", "cases"),
    [
        ({0: 10.0, 3: 10.0}, 1),
        ({0: 10.0, 4: 10.0}, 2),  # four hours apart; three are judged as one
        ({0: 10.0, 1: 14.0}, 2),  # it turned round
    ],
)
def test_same_advice_on_end_is_one_case(log: dict[int, float], cases: int, judge: Judge) -> None:
    assert len(judge(12.0, log=log)) == cases


def test_advice_after_a_move_is_a_new_case(judge: Judge, build_hours: Any) -> None:
    log = build_log(build_hours(48)[TIME], dict.fromkeys(range(20), 10.0))
    log.loc[6:, "now"] = 10.9
    found = judge(build_steps((0, 12.0), (6, 10.9)), whole=log)
    assert found["outcome"].tolist() == ["followed", "not"]
    assert found["hours"].tolist() == [6, 11]  # hours 0 to 5, and from the third after the move on


def test_saving_is_what_energy_is_below_that_of_the_set_points_before(judge: Judge) -> None:
    energy = np.array(build_steps((0, 560.0), (6, 556.0)))  # as the response has it: 2 GJ/h a percent
    found = judge(build_steps((0, 12.0), (6, 10.0)), columns={ENERGY: energy}).iloc[0]
    assert found["realised_gj_per_h"] == pytest.approx(4.0, abs=1e-4)
    assert found["placebo_gj_per_h"] == pytest.approx(0.0, abs=1e-4)


def test_what_load_and_other_set_points_did_meanwhile_is_taken_out(judge: Judge) -> None:
    # Flue O2 saved 4 GJ/h; the ratio, 3 GJ/h a unit, fell by 1, and the load, 10 GJ/h a ton, rose by 2.
    columns = {RATIO: build_steps((0, 12.0), (6, 11.0)), LOAD: build_steps((0, 50.0), (6, 52.0))}
    energy = np.array(build_steps((0, 560.0), (6, 560.0 - 4 - 3 + 20)))
    found = judge(build_steps((0, 12.0), (6, 10.0)), columns=columns | {ENERGY: energy}).iloc[0]
    assert found["realised_gj_per_h"] == pytest.approx(4.0, abs=1e-4)


@pytest.fixture
def build_days(build_hours: Any) -> Callable[..., pd.DataFrame]:
    """Build forty days of hours with noise of half a GJ/h; energy is as the response has it, and more, by the hour."""

    def build(values: np.ndarray, more: np.ndarray) -> pd.DataFrame:
        noise = np.random.default_rng(2).normal(0, 0.5, len(values))
        return build_hours(len(values), **{FLUE: values, ENERGY: 536 + 2 * values + more + noise})

    return build


def test_course_over_the_day_is_no_saving(build_days: Any, build_package: Any, rules: settings.AdviseSettings) -> None:
    hour = np.arange(960)
    values = np.where(hour >= 924, 10.0, 12.0)
    hours = build_days(values, 10 * np.cos(2 * np.pi * hour / 24))
    log = build_log(hours[TIME], {922: 10.0})
    package = build_package([[2.0, 2.0], [3.0, 3.0], [0.0, 0.0], [0.0, 0.0]])
    case = advise.build_outcomes(hours, log, NOTES, package, rules, former=NONE).iloc[0]
    # From noon on, the day alone changes energy by some GJ/h from one three hours to the next.
    assert case["outcome"] == "followed"
    assert case["realised_gj_per_h"] == pytest.approx(4.0, abs=0.8)
    assert case["realised_high_gj_per_h"] - case["realised_gj_per_h"] < 0.8
    assert abs(case["placebo_gj_per_h"]) < 0.4


def test_return_to_the_usual_is_no_saving(build_days: Any, build_package: Any, rules: settings.AdviseSettings) -> None:
    more = np.zeros(960)
    more[919:922] = 9.0  # three hours that took much, as do others of these days, none of which lasted
    more[50:900:60], more[51:900:60], more[52:900:60] = 9.0, 9.0, 9.0
    hours = build_days(np.where(np.arange(960) >= 922, 10.0, 12.0), more)
    log = build_log(hours[TIME], {920: 10.0})
    package = build_package([[2.0, 2.0], [3.0, 3.0], [0.0, 0.0], [0.0, 0.0]])
    case = advise.build_outcomes(hours, log, NOTES, package, rules, former=NONE).iloc[0]
    assert case["realised_gj_per_h"] == pytest.approx(4.0, abs=2.5)  # not 13


@pytest.mark.parametrize(("to", "outcome"), [(10.0, "not"), (7.0, "followed")])
def test_move_that_a_set_point_makes_by_itself_every_day_is_not_followed(
    to: float, outcome: str, build_days: Any, build_package: Any, rules: settings.AdviseSettings
) -> None:
    hour = np.arange(960)
    values = np.where((hour % 24 >= 8) & (hour % 24 < 20), 10.0, 12.0)  # down in the morning, up in the evening
    values[936 + 8 : 936 + 20] = to
    hours = build_days(values, np.zeros(960))
    log = build_log(hours[TIME], {936 + 6: to})
    package = build_package([[2.0, 2.0], [3.0, 3.0], [0.0, 0.0], [0.0, 0.0]])
    found = advise.build_outcomes(hours, log, NOTES, package, rules, former=NONE)
    assert found["outcome"].tolist() == [outcome]


def test_moves_of_one_step_share_its_saving_which_counts_once(build_hours: Any, judge: Judge) -> None:
    times = build_hours(48)[TIME]
    log = pd.concat([build_log(times, {0: 10.0}), build_log(times, {0: 10.0}, setpoint=RATIO)], ignore_index=True)
    # Nothing is left unexplained: the interval has no width.
    energy = np.array(build_steps((0, 560.0), (4, 550.0)))
    moved = build_steps((0, 12.0), (4, 10.0))
    found = judge(moved, whole=log, columns={RATIO: moved, ENERGY: energy})
    assert found["step"].tolist() == [0, 0]
    assert found["realised_gj_per_h"].tolist() == pytest.approx([10.0, 10.0], abs=1e-4)
    total = advise.build_total(found, times.max(), days=7)
    assert (total.cases, total.followed, total.judged) == (2, 2, 2)
    assert total.saved_gj == pytest.approx(10.0 * 12, abs=1e-3)  # held for `hold_h`


def test_saving_that_cannot_be_judged_is_missing(judge: Judge) -> None:
    gap = [20.0] * 6 + [NAN] * 42
    found = judge(build_steps((0, 12.0), (6, 10.0)), columns={GAP: gap})
    assert found["outcome"].tolist() == ["followed"]
    assert found["realised_gj_per_h"].isna().all()
    total = advise.build_total(found, found["end"].max(), days=7)
    assert total.judged == 0
    assert np.isnan(total.saved_gj)


def test_set_point_that_the_hours_lack_has_no_case(build_hours: Any, build_package: Any, rules: Any) -> None:
    hours = build_hours(48)
    log = build_log(hours[TIME], {0: 10.0})
    found = advise.build_outcomes(
        hours.drop(columns=[FLUE]), log, NOTES, build_package([[1.0, 1.0]] * 4), rules, former=NONE
    )
    assert found.empty
    assert found.columns.tolist() == list(advise.OUTCOMES)


def test_no_hours_are_no_cases(build_hours: Any, build_package: Any, rules: Any) -> None:
    log = advise.read_log(Path("nowhere"))
    assert advise.build_outcomes(build_hours(0), log, NOTES, build_package([[1.0, 1.0]] * 4), rules, former=NONE).empty


def test_return_of_what_is_unexplained_is_fitted_from_spell_to_spell() -> None:
    rng = np.random.default_rng(3)
    times = HOUR_NS * np.arange(20_000)
    noise = Spells(rng.normal(0, 2.0, len(times)), times, 4.0).fit_return(0, at=times[5])
    # A mean of four independent hours is off by 2 / the root of 4, and tells nothing of the next.
    assert noise.share == pytest.approx(0.0, abs=0.06)
    assert noise.deviation == pytest.approx(1.0, rel=0.06)
    walk = Spells(rng.normal(0, 1.0, len(times)).cumsum(), times, 4.0)
    near, far = (walk.fit_return(apart * HOUR_NS, at=times[5]) for apart in (0, 8))
    assert near.share == pytest.approx(1.0, abs=0.01)
    assert far.deviation > 1.5 * near.deviation


@pytest.mark.parametrize(("count", "apart_h"), [(0, 0), (1, 0), (6, 0), (6, 8)])
def test_return_of_too_few_hours_is_not_known(count: int, apart_h: int) -> None:
    spells = Spells(np.ones(count), HOUR_NS * np.arange(count), 4.0)
    assert np.isnan(spells.fit_return(apart_h * HOUR_NS, at=0).deviation)


def test_last_answer_of_an_operator_stands_with_its_case(build_hours: Any, build_package: Any, rules: Any) -> None:
    hours = build_hours(48)
    first = hours[TIME].iloc[0]
    notes = pd.DataFrame(
        {
            "hour": [first, first + pd.Timedelta("1h"), first + pd.Timedelta("9h")],
            "setpoint": [FLUE] * 3,
            "answer": ["followed", "not possible", "followed"],
            "why": ["", "fan at its limit", "too late for this case"],
        }
    )
    package = build_package([[1.0, 1.0]] * 4)
    found = advise.build_outcomes(hours, build_log(hours[TIME], {0: 10.0, 1: 10.0}), notes, package, rules, former=NONE)
    assert found[["answer", "why"]].to_numpy().tolist() == [["not possible", "fan at its limit"]]


def build_cases(**columns: Any) -> pd.DataFrame:
    """Three closed cases, two followed in steps of their own, one of which saved 10 ± 4 GJ/h for 5 hours."""
    start = pd.Timestamp("2026-06-20", tz="UTC")
    values = {
        "start": [start] * 3,
        "end": [start] * 3,
        "moved_at": [start, start, None],
        "setpoint": [FLUE, RATIO, CHILLER],
        "outcome": ["followed", "followed", "not"],
        "is_shown": [True] * 3,
        "step": [0, 1, -1],
        "held_h": [5.0, 10.0, 0.0],
        "realised_gj_per_h": [10.0, 2.0, NAN],
        "realised_low_gj_per_h": [6.0, 0.5, NAN],
        "realised_high_gj_per_h": [14.0, 3.5, NAN],
        "hours": [1] * 3,
        **columns,
    }
    return pd.DataFrame(values).reindex(columns=list(advise.OUTCOMES)).astype(advise.OUTCOMES)


def test_total_weighs_savings_by_their_hours_and_adds_their_errors_as_independent() -> None:
    total = advise.build_total(build_cases(), pd.Timestamp("2026-06-21", tz="UTC"), days=7)
    assert (total.cases, total.followed, total.judged, total.is_shown) == (3, 2, 2, True)
    assert total.saved_gj == pytest.approx(10 * 5 + 2 * 10)
    assert total.high_gj - total.saved_gj == pytest.approx(np.hypot(4 * 5, 1.5 * 10))


def test_total_leaves_out_what_is_open_older_or_was_not_shown() -> None:
    cases = build_cases(outcome=["followed", "open", "not"], is_shown=[True, True, False])
    total = advise.build_total(cases, pd.Timestamp("2026-06-21", tz="UTC"), days=7)
    assert (total.cases, total.followed, total.open) == (1, 1, 1)
    old = advise.build_total(cases, pd.Timestamp("2026-07-21", tz="UTC"), days=7)
    nothing = advise.Total(7, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, False, 0, 0, 1.0)
    assert replace(old, saved_gj=0.0, low_gj=0.0, high_gj=0.0, placebo_gj=0.0) == nothing


@pytest.mark.parametrize(("placebo", "beyond"), [(8.0, 0), (-10.0, 1), (20.0, -1), (NAN, 0)])
def test_saving_is_beyond_its_placebo_where_they_differ_by_more_than_chance(placebo: float, beyond: int) -> None:
    cases = build_cases(outcome=["followed", "not", "not"], placebo_gj_per_h=[placebo, NAN, NAN])
    assert advise.build_total(cases, pd.Timestamp("2026-06-21", tz="UTC"), days=7).beyond_placebo == beyond


def test_what_operators_typed_is_no_markup() -> None:
    from pypandoc import convert_text

    from elc.pages.language import escape

    typed = '<script src="x">alert(1)</script> [a](http://b) *c* `d` $e$\n# f & ærlig, 5 %'
    page = convert_text(escape(typed), "html", "markdown", extra_args=["--wrap=none"])
    assert page.strip() == (
        '<p>&lt;script src="x"&gt;alert(1)&lt;/script&gt; [a](http://b) *c* `d` $e$ # f &amp; ærlig, 5 %</p>'
    )
