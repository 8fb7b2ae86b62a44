"""The sentences and tables of advice, in full."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from elc import advise, pages, settings
from elc.fields import ENERGY, GAP, TIME
from elc.pages.advise import REASONS
from elc.paths import find_project
from tests.conftest import ROOT

NAN = float("nan")
AT = pd.Timestamp("2026-06-30 21:00", tz="UTC")
HOUR = pd.Series({TIME: AT, ENERGY: 1025.0, GAP: 25.0})
NEAREST = "2026-01-05T03:00Z 2026-01-06T04:00Z 2026-02-01T00:00Z"


@pytest.fixture
def chosen() -> settings.StageSettings:
    """The settings of fjord with one price, and rules of its own for what is written."""
    found = settings.read_plant(find_project(ROOT), "fjord")
    gas = settings.Carrier(price_per_gj=10.5, co2_kg_per_gj=56.1)
    rules = settings.AdviseSettings(hold_h=12, log_days=28, answer_holds_h=24, interval_frac=0.8)
    return replace(found, plant=found.plant.model_copy(update={"carriers": {"gas": gas}}), advise=rules)


def build_moves(count: int) -> pd.DataFrame:
    rows = [
        ("flue_o2_pct", 3.456, 2.1, 4.4, 1.0, 8.0, 1.0),
        ("chiller_temp_degc", -18.0, -12.34, 3.2, 2.0, 4.0, NAN),
        ("reboiler_duty_mj_per_kmol", 45.0, 40.0, 1.0, 0.5, 1.5, NAN),
    ]
    names = ["setpoint", "now", "to", "saving_gj_per_h", "low_gj_per_h", "high_gj_per_h", "near_limit"]
    moves = pd.DataFrame(rows[:count], columns=names).reindex(columns=advise.COLUMNS)
    return moves.assign(
        **{TIME: AT},
        total_gj_per_h=8.6,
        total_low_gj_per_h=6.04,
        total_high_gj_per_h=11.16,
        precedents=200,
        nearest=NEAREST,
    )


def build_notes(*rows: tuple[pd.Timestamp, str, str, str]) -> pd.DataFrame:
    return advise.build_notes([dict(zip(("hour", "setpoint", "answer", "why"), row, strict=True)) for row in rows])


def write_advice(
    moves: pd.DataFrame, hour: pd.Series, chosen: settings.StageSettings, *, reason: str = "", **told: Any
) -> str:
    """Write advice that was made for AT; no answers, and every set-point known, save where the test says otherwise."""
    given = advise.Advice(moves, pd.DataFrame({TIME: [AT], "reason": [reason]}))
    return pages.advise.write_advice(
        given, hour, chosen, **{"notes": build_notes(), "setpoints": [], "size": 1000.0, **told}
    )


def test_advice_names_each_move_what_all_save_and_what_it_rests_on(chosen: settings.StageSettings) -> None:
    # 24 * 8.6 GJ at 10.5 and 56.1 kg.
    assert write_advice(build_moves(3), HOUR, chosen) == (
        "**Do:** lower flue O2 from 3.46 to 2.10 %, raise chiller temperature from −18.0 to −12.3 °C and lower "
        "reboiler duty from 45.0 to 40.0 MJ/kmol. Expected: −8.6 GJ/h (80\u00a0% interval −11.2 to −6.0), 2,167 € and "
        "11.6 t CO₂ a day. It rests on the 200 best earlier intervals most like this one; the nearest are "
        "Mon 5 Jan 2026 04:00; Tue 6 Jan 2026 05:00; Sun 1 Feb 2026 01:00. Watch flue O2: it is "
        "close to its limit of 1.00 %."
    )


@pytest.mark.parametrize(
    ("count", "listed"),
    [
        (1, "**Do:** lower flue O2 from 3.46 to 2.10 %. Expected"),
        (2, "2.10 % and raise chiller temperature from −18.0 to −12.3 °C. Expected"),
    ],
)
def test_advice_lists_few_moves_as_people_do(count: int, listed: str, chosen: settings.StageSettings) -> None:
    assert listed in write_advice(build_moves(count), HOUR, chosen)


@pytest.mark.parametrize(("gap", "is_said"), [(8.5, True), (8.7, False), (NAN, False)])
def test_more_than_the_gap_is_said_and_explained(gap: float, is_said: bool, chosen: settings.StageSettings) -> None:
    text = write_advice(build_moves(1), pd.Series({TIME: AT, GAP: gap}), chosen)
    sentence = "That is more than the gap of 8.5 GJ/h: best is what one hour in ten stays below, not the least."
    assert (sentence in text) == is_said


def test_saving_without_a_price_says_so(chosen: settings.StageSettings) -> None:
    early = {"2027-01-01": 10.0}
    gas = settings.Carrier.model_validate({"price_per_gj": early, "co2_kg_per_gj": early})
    without = replace(chosen, plant=chosen.plant.model_copy(update={"carriers": {"gas": gas}}))
    assert "no known price and no known CO₂ a day" in write_advice(build_moves(1), HOUR, without)


def test_every_reason_has_its_words(chosen: settings.StageSettings) -> None:
    none = build_moves(0)
    found = {reason: write_advice(none, HOUR, chosen, reason=reason) for reason in REASONS}
    assert found == {
        "no_gap": "Nothing is advised while there is no gap to judge.",
        "at_best": "Nothing is advised: the plant is as close to its best as can be measured.",
        "no_setpoints": "Nothing is advised: the model knows no set-point that could be moved.",
        "missing": "Nothing is advised: drivers or set-points have no valid reading, so no saving is known.",
        "no_precedents": "Nothing is advised: the model knows no hours of best practice to go by.",
        "small_saving": "Nothing is advised: no move of a set-point would save enough to mention.",
        "answered": "Nothing else is advised: no other move of a set-point is sure to save energy.",
        "not_made": "Nothing is advised: no advice was made for this interval.",
        "unsure_saving": "Nothing is advised: no move of a set-point is sure to save energy.",
    }


def test_reason_is_that_of_the_hour() -> None:
    reasons = pd.DataFrame({TIME: [AT, AT - pd.Timedelta("1h")], "reason": ["missing", "at_best"]})
    assert advise.find_reason(reasons, AT) == "missing"
    assert advise.find_reason(reasons, AT - pd.Timedelta("1h")) == "at_best"
    assert advise.find_reason(reasons, AT + pd.Timedelta("1h")) == "not_made"
    assert advise.find_reason(reasons.iloc[:0], AT) == "not_made"


def test_advice_of_another_hour_is_not_that_of_this_one(chosen: settings.StageSettings) -> None:
    later = pd.Series({TIME: AT + pd.Timedelta("1h"), GAP: 25.0})
    text = write_advice(build_moves(2), later, chosen)
    assert text == "Nothing is advised: no advice was made for this interval."
    assert advise.choose_hour(advise.Advice(build_moves(2), pd.DataFrame()), later[TIME]).empty


def test_move_that_was_answered_as_not_possible_is_named_with_its_reason(chosen: settings.StageSettings) -> None:
    notes = build_notes((AT - pd.Timedelta("2h"), "flue_o2_pct", "not possible", "fan at its limit"))
    text = write_advice(build_moves(0), HOUR, chosen, reason="answered", notes=notes)
    assert text == (
        "Nothing else is advised: no other move of a set-point is sure to save energy. A move of flue O2 was answered "
        "as not possible (fan at its limit), and is not advised again before Wed 1 Jul 2026 21:00."
    )


def test_set_point_without_a_reading_is_named(chosen: settings.StageSettings) -> None:
    hour = pd.Series({**HOUR, "flue_o2_pct": 3.4, "loop_inerts_pct": NAN})
    setpoints = ["flue_o2_pct", "loop_inerts_pct"]
    text = write_advice(build_moves(1), hour, chosen, setpoints=setpoints)
    assert text.endswith(" No move of loop inerts is advised: no valid reading.")


def test_set_point_whose_limit_has_no_value_is_named(chosen: settings.StageSettings) -> None:
    reasons = pd.DataFrame({TIME: [AT], "reason": ["unsure_saving"], "unlimited": ["flue_o2_pct loop_inerts_pct"]})
    given = advise.Advice(build_moves(0), reasons)
    text = pages.advise.write_advice(given, HOUR, chosen, notes=build_notes(), setpoints=[], size=1000.0)
    assert text.endswith(" No move of flue O2 and loop inerts is advised: a limit has no value now.")


def test_moves_become_a_table(chosen: settings.StageSettings) -> None:
    assert pages.advise.build_moves_table(build_moves(2), chosen, at=AT, size=1000.0).to_dict("records") == [
        {
            "set-point": "flue O2, %",
            "now": "3.46",
            "to": "2.10",
            "saves, GJ/h": "4.4 (1.0 to 8.0)",
            "a day": "1,109 €",  # 24 * 4.4 * 10.5 = 1108.8
            "t CO₂ a day": "5.9",  # 24 * 4.4 * 0.0561
            "watch": "near the limit of 1.00 %",
        },
        {
            "set-point": "chiller temperature, °C",
            "now": "−18.0",
            "to": "−12.3",
            "saves, GJ/h": "3.2 (2.0 to 4.0)",
            "a day": "806 €",
            "t CO₂ a day": "4.3",
            "watch": "–",
        },
    ]


def test_no_moves_become_an_empty_table(chosen: settings.StageSettings) -> None:
    assert pages.advise.build_moves_table(build_moves(0), chosen, at=AT, size=1000.0).empty


def build_outcomes(**columns: Any) -> pd.DataFrame:
    start = AT - pd.Timedelta("2D")
    values = {
        "start": [start, start, start - pd.Timedelta("9D")],
        "end": [start] * 3,
        "moved_at": [start, None, start],
        "setpoint": ["flue_o2_pct", "chiller_temp_degc", "flue_o2_pct"],
        "now": [3.456, -18.0, 3.0],
        "to": [2.1, -12.34, 2.0],
        "saving_gj_per_h": [4.4, 3.2, 2.0],
        "low_gj_per_h": [1.0, 2.0, 1.0],
        "high_gj_per_h": [8.0, 4.0, 3.0],
        "outcome": ["followed", "not", "followed"],
        "is_shown": [True] * 3,
        "step": [0, -1, 1],
        "held_h": [10.0, 0.0, 24.0],
        "realised_gj_per_h": [11.8, NAN, 1.0],
        "realised_low_gj_per_h": [9.0, NAN, -1.8],
        "realised_high_gj_per_h": [14.6, NAN, 3.8],
        "hours": [1] * 3,
        "answer": ["", "not possible", ""],
        "why": ["", "ice", ""],
        **columns,
    }
    return pd.DataFrame(values).reindex(columns=list(advise.OUTCOMES)).astype(advise.OUTCOMES)


MEANING = (
    " Only a move that goes farther than the set-point usually does by itself counts. Its effect is energy after it "
    "against what was expected without it, at the same load, drivers, other set-points and time of day, for as long as "
    "the move stayed, at most 12 hours. Crews move set-points without advice too, and nobody knows what they would "
    "have done by themselves."
)


def test_outcome_says_how_often_advice_was_followed_and_what_that_saved(chosen: settings.StageSettings) -> None:
    # 11.8 GJ/h for 10 h, give or take 2.8; and 1 GJ/h for 24 h, give or take 2.8.
    assert pages.advise.write_outcome(build_outcomes(), AT, chosen, unread_notes=0) == (
        "The advice of the last 7 days was followed in 1 of 2 cases, and that saved 118 GJ (90 to 146). "
        "The advice of the last 28 days was followed in 2 of 3 cases, and that saved 142 GJ (69 to 215). "
        "How often set-points move that way without advice is not on record, so that says nothing of it." + MEANING
    )


def test_advice_that_nobody_was_shown_claims_no_saving(chosen: settings.StageSettings) -> None:
    text = pages.advise.write_outcome(build_outcomes(is_shown=[False] * 3), AT, chosen, unread_notes=0)
    assert text.startswith(
        "Nobody was shown this advice: it is what the model would have said. In the last 7 days set-points moved that "
        "way in 1 of 2 cases, and with that energy fell by 118 GJ (90 to 146). "
    )


@pytest.mark.parametrize("is_shown", [True, False])
def test_rise_is_called_a_rise(is_shown: bool, chosen: settings.StageSettings) -> None:
    realised = {"realised_gj_per_h": [-11.8, NAN, NAN], "is_shown": [is_shown] * 3}
    ends = {"realised_low_gj_per_h": [-14.6, NAN, NAN], "realised_high_gj_per_h": [-9.0, NAN, NAN]}
    text = pages.advise.write_outcome(build_outcomes(**realised, **ends), AT, chosen, unread_notes=0)
    assert "in 1 of 2 cases, and with that energy rose by 118 GJ (90 to 146). " in text
    assert "fell" not in text
    assert "saved" not in text.split("(90 to 146)")[0]


@pytest.mark.parametrize(
    ("placebo", "words"),
    [
        (11.0, "differs from that by no more than chance, so it cannot be said that these moves changed energy."),
        (2.0, "finds less saved, by more than chance."),
        (20.0, "finds more saved, by more than chance."),
    ],
)
def test_outcome_is_set_against_times_without_an_advised_move(
    placebo: float, words: str, chosen: settings.StageSettings
) -> None:
    outcomes = build_outcomes(outcome=["followed", "not", "not"], placebo_gj_per_h=[placebo, NAN, NAN])
    assert words in pages.advise.write_outcome(outcomes, AT, chosen, unread_notes=0)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"outcome": ["not"] * 3}, "was followed in 0 of 2 cases. The advice of the last 28 days"),
        ({"realised_gj_per_h": [NAN] * 3}, "was followed in 1 of 2 cases; what that saved cannot be told."),
        ({"outcome": ["open"] * 3}, "No advice of the last 28 days is old enough to say what came of it."),
    ],
)
def test_outcome_says_what_is_not_known(columns: dict[str, Any], words: str, chosen: settings.StageSettings) -> None:
    assert words in pages.advise.write_outcome(build_outcomes(**columns), AT, chosen, unread_notes=0)


@pytest.mark.parametrize(
    ("followed", "alike", "words"),
    [
        (
            9,
            9,
            "Where nobody was shown advice they moved that way in 9 of 10 cases (90\u00a0%, here 90\u00a0%): the "
            "difference is within chance, so it cannot be said that advice moved them.",
        ),
        (9, 2, "in 2 of 10 cases (20\u00a0%, here 90\u00a0%): with advice more often, and by more than chance."),
        (2, 9, "in 9 of 10 cases (90\u00a0%, here 20\u00a0%): with advice less often, and by more than chance."),
    ],
)
def test_followed_is_set_against_what_set_points_do_without_advice(
    followed: int, alike: int, words: str, chosen: settings.StageSettings
) -> None:
    start = AT - pd.Timedelta("2D")
    shown = {"setpoint": "flue_o2_pct", "start": start, "end": start, "is_shown": True, "step": -1, "hours": 1}
    alone = shown | {"is_shown": False, "start": start - pd.Timedelta("90D")}
    rows = [shown | {"outcome": "followed" if number < followed else "not"} for number in range(10)]
    rows += [alone | {"outcome": "followed" if number < alike else "partly"} for number in range(10)]
    rows += [alone | {"outcome": "open"}, alone | {"outcome": "followed", "setpoint": "loop_inerts_pct"}]
    outcomes = pd.DataFrame(rows).reindex(columns=list(advise.OUTCOMES)).astype(advise.OUTCOMES)
    assert words in pages.advise.write_outcome(outcomes, AT, chosen, unread_notes=0)


@pytest.mark.parametrize("outcome", ["followed", "open"])
def test_answers_that_could_not_be_read_are_counted(outcome: str, chosen: settings.StageSettings) -> None:
    text = pages.advise.write_outcome(build_outcomes(outcome=[outcome] * 3), AT, chosen, unread_notes=2)
    assert text.endswith(" 2 of the operators' answers could not be read.")


def test_cases_become_a_table_the_latest_first(chosen: settings.StageSettings) -> None:
    table = pages.advise.build_outcomes_table(build_outcomes(), chosen, size=1000.0)
    assert table.to_dict("records")[:2] == [
        {
            "advised": "Sun 28 Jun 2026 23:00",
            "set-point": "chiller temperature, °C",
            "from": "−18.0",
            "to": "−12.3",
            "would save, GJ/h": "3.2 (2.0 to 4.0)",
            "what came of it": "not followed (not possible: ice)",
            "saved, GJ/h": "–",
        },
        {
            "advised": "Sun 28 Jun 2026 23:00",
            "set-point": "flue O2, %",
            "from": "3.46",
            "to": "2.10",
            "would save, GJ/h": "4.4 (1.0 to 8.0)",
            "what came of it": "followed",
            "saved, GJ/h": "11.8 (9.0 to 14.6)",
        },
    ]
    assert len(table) == 3
    assert pages.advise.build_outcomes_table(build_outcomes().iloc[:0], chosen, size=1000.0).empty
