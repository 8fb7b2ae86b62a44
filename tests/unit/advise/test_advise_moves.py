"""Moves: inside limits, no farther than allowed, only where they surely save; savings worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from elc import advise, settings
from elc.fields import GAP, GAP_LOW, TIME
from elc.paths import find_project

LOAD = "load_t_per_h"
SETPOINTS = ["flue_o2_pct", "steam_to_carbon_ratio", "loop_inerts_pct", "chiller_temp_degc"]
FLUE, RATIO, INERTS, CHILLER = SETPOINTS
NAN = float("nan")
LIKE = settings.read_plant(find_project(Path(__file__)), "fjord").explain.model_copy(update={"like_hours": 3})
SPREAD = float(student.ppf(0.9, 1))  # of two members
# Only flue O2 matters: the members hold it to cost 1.9 and 2.1 GJ/h a percent.
ONE = [[1.9, 2.1], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
SAVERS = [[1.0, 1.01], [4.0, 4.01], [2.0, 2.01], [3.0, 3.01]]
Advise = Callable[..., advise.Advice]


@pytest.fixture
def give(build_package: Any, build_hours: Any, rules: settings.AdviseSettings) -> Advise:
    """Advise one hour of the plant of straight lines, or those given, with rules of the test's choice."""

    def give(slopes: list[list[float]], hours: pd.DataFrame | None = None, **changes: Any) -> advise.Advice:
        tags, package = changes.pop("tags", build_tags()), changes.pop("package", None)
        given = build_hours() if hours is None else hours
        notes = changes.pop("notes", advise.build_notes([]))
        chosen = rules.model_copy(update=changes)
        return advise.build_advice(package or build_package(slopes), given, tags, chosen, LIKE, notes=notes)

    return give


def build_tags(low: float | None = 0.0, high: float | None = 20.0) -> settings.TagList:
    tags = [settings.Tag(name, name, "setpoint", "", 1.0, 0.0, low, high, "") for name in SETPOINTS]
    return settings.TagList("fjord", tuple(tags))


def read_interval(moves: pd.DataFrame, prefix: str = "") -> list[float]:
    names = [f"{prefix}low_gj_per_h", f"{prefix}high_gj_per_h"]
    middle = f"{prefix or 'saving_'}gj_per_h"
    return [float(moves[name].iloc[0]) for name in (names[0], middle, names[1])]


def test_move_goes_to_best_practice_and_saves_what_the_response_says(give: Advise) -> None:
    moves = give(ONE).moves
    assert moves.columns.tolist() == advise.COLUMNS
    assert moves[["setpoint", "group", "now", "to", "precedents"]].to_dict("records") == [
        {"setpoint": FLUE, "group": FLUE, "now": 12.0, "to": 10.0, "precedents": 3}
    ]
    assert moves["near_limit"].isna().all()
    # From 12 to 10 the members save 3.8 and 4.2: 4 on average, with a deviation of 0.2 times the square root of 2.
    doubt = SPREAD * 0.2 * np.sqrt(2)
    assert read_interval(moves) == pytest.approx([4 - doubt, 4, 4 + doubt], rel=1e-4)
    assert read_interval(moves, "total_") == pytest.approx([4 - doubt, 4, 4 + doubt], rel=1e-4)


def test_nearest_precedents_are_named_by_their_start(give: Advise) -> None:
    # Loads 50, 49 and 52 against the hour's 50.
    assert give(ONE).moves["nearest"].tolist() == ["2025-01-02T00:00Z 2025-01-01T00:00Z 2025-01-03T00:00Z"]


def test_wider_interval_is_wider(give: Advise) -> None:
    low, _, high = read_interval(give(ONE, interval_frac=0.5).moves)
    assert high - low == pytest.approx(2 * student.ppf(0.75, 1) * 0.2 * np.sqrt(2), rel=1e-4)


def test_error_of_the_shape_widens_each_interval_by_itself(give: Advise) -> None:
    slopes = [[2.0, 2.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    moves = give(slopes, shape_error_frac=0.1).moves
    reach = (moves["high_gj_per_h"] - moves["saving_gj_per_h"]).tolist()
    # 10 % of 4 and of 2 GJ/h; of both together the root of the sum of squares, not the sum.
    assert reach == pytest.approx([SPREAD * 0.4, SPREAD * 0.2], rel=1e-4)
    _, middle, high = read_interval(moves, "total_")
    assert high - middle == pytest.approx(SPREAD * np.hypot(0.4, 0.2), rel=1e-4)


def test_interval_of_all_moves_is_that_of_the_members_together(give: Advise) -> None:
    # What one member thinks dear the other thinks cheap: together they save 6 GJ/h, surely.
    slopes = [[2.1, 1.9], [0.9, 1.1], [0.0, 0.0], [0.0, 0.0]]
    assert read_interval(give(slopes).moves, "total_") == pytest.approx([6.0, 6.0, 6.0], rel=1e-4)


def test_move_is_no_larger_than_the_largest_step(give: Advise, build_hours: Any) -> None:
    # A quarter of the range of 20; the best hours are 10 away.
    assert give(ONE, build_hours(**{FLUE: 20.0})).moves["to"].tolist() == [15.0]


def test_largest_step_is_a_share_of_the_range_in_the_tag_list(
    give: Advise, build_hours: Any, build_package: Any
) -> None:
    # The tag list allows 0 to 20, so a step of 5; training saw only 8 to 14.
    package = build_package(ONE, trained=(8.0, 14.0))
    assert give([], build_hours(**{FLUE: 14.0}), package=package).moves["to"].tolist() == [10.0]


@pytest.mark.parametrize(
    ("slope", "now", "limits", "to"), [(4.0, 14.0, (11.0, 20.0), 11.0), (-4.0, 6.0, (0.0, 9.0), 9.0)]
)
def test_move_stops_at_the_limits_of_the_tag_list(
    slope: float, now: float, limits: tuple[float, float], to: float, give: Advise, build_hours: Any
) -> None:
    hours = build_hours(**{FLUE: now})
    moves = give([[slope, slope * 1.01], *ONE[1:]], hours, tags=build_tags(*limits), max_step_frac=1.0).moves
    assert moves["to"].tolist() == [to]
    assert moves["near_limit"].tolist() == [to]


@pytest.mark.parametrize(("slope", "now", "to"), [(4.0, 14.0, 11.0), (-4.0, 7.0, 9.0)])
def test_move_stays_in_the_range_that_was_trained(
    slope: float, now: float, to: float, give: Advise, build_hours: Any, build_package: Any
) -> None:
    trained = (11.0, 20.0) if slope > 0 else (0.0, 9.0)
    package = build_package([[slope, slope * 1.01], *ONE[1:]], trained=trained)
    moves = give([], build_hours(**dict.fromkeys(SETPOINTS, now)), package=package, max_step_frac=1.0).moves
    assert moves["to"].tolist() == [to]
    assert moves["near_limit"].isna().all()  # a range of training is no limit


def test_move_back_into_the_limits_goes_no_way_but_towards_best_practice(give: Advise, build_hours: Any) -> None:
    # The set-point stands below its limit of 11, best practice lies lower still: up is not towards it.
    assert give([[-2.0, -2.0], *ONE[1:]], build_hours(**{FLUE: 10.5}), tags=build_tags(11.0, 20.0)).moves.empty


def test_tag_without_limits_moves_inside_the_trained_range(give: Advise) -> None:
    moves = give(ONE, tags=build_tags(None, None)).moves
    assert moves["to"].tolist() == [10.0]
    assert moves["near_limit"].isna().all()


def build_floor(text: str = f"{LOAD} / 5") -> settings.TagList:
    """A tag list in which flue O2 may not be below a fifth of the load."""
    low = settings.Formula(text, (LOAD,))
    tags = build_tags(None, 20.0)
    floored = tuple(replace(tag, low_formula=low) if tag.column == FLUE else tag for tag in tags.tags)
    return settings.TagList("fjord", floored)


def test_move_stops_at_a_limit_that_is_a_formula(give: Advise, build_hours: Any) -> None:
    moves = give(ONE, build_hours(3, **{LOAD: [50.0, 55.0, 60.0]}), tags=build_floor()).moves
    assert moves["to"].tolist() == [10.0, 11.0]  # in the third hour, 12 is the least
    assert moves["near_limit"].tolist() == [10.0, 11.0]


def test_limits_that_exclude_each_other_leave_no_way(give: Advise, build_hours: Any) -> None:
    hours = build_hours(**{LOAD: 55.0, FLUE: 19.0})
    assert give([[-4.0, -4.1], *ONE[1:]], hours, tags=build_floor(f"{LOAD} / 2")).moves.empty


def test_set_point_whose_limit_has_no_value_stays_and_is_named(give: Advise, build_hours: Any) -> None:
    given = give([[2.0, 2.0], [1.0, 1.0], *ONE[2:]], build_hours(2), tags=build_floor(f"{LOAD} / (50 - {LOAD})"))
    assert given.moves["setpoint"].tolist() == [RATIO, RATIO]
    assert given.reasons["unlimited"].tolist() == [FLUE, FLUE]
    start = given.reasons[TIME].iloc[0]
    assert advise.find_unlimited(given.reasons, start) == [FLUE]
    assert advise.find_unlimited(given.reasons.drop(columns="unlimited"), start) == []
    assert give(ONE).reasons["unlimited"].tolist() == [""]


def test_limit_of_a_column_that_is_not_there_has_no_value(give: Advise) -> None:
    tags = build_floor()
    lacking = tuple(replace(tag, low_formula=settings.Formula("a_t", ("a_t",))) for tag in tags.tags)
    given = give(SAVERS, tags=settings.TagList("fjord", lacking))
    assert given.moves.empty
    assert given.reasons["unlimited"].tolist() == [" ".join(SETPOINTS)]


def test_setpoint_that_the_tag_list_does_not_know_moves_inside_the_trained_range(give: Advise) -> None:
    assert give(ONE, tags=settings.TagList("fjord", ())).moves["to"].tolist() == [10.0]


@pytest.mark.parametrize(("max_moves", "wanted"), [(1, [RATIO]), (2, [RATIO, CHILLER]), (3, [RATIO, CHILLER, INERTS])])
def test_only_the_best_moves_are_taken_largest_first(max_moves: int, wanted: list[str], give: Advise) -> None:
    moves = give(SAVERS, max_moves=max_moves).moves
    assert moves["setpoint"].tolist() == wanted
    assert moves["saving_gj_per_h"].is_monotonic_decreasing


def test_savings_of_the_rows_add_up_to_that_of_the_set(give: Advise) -> None:
    moves = give(SAVERS).moves
    assert moves["saving_gj_per_h"].sum() == pytest.approx(2 * (4.005 + 3.005 + 2.005), rel=1e-4)
    assert moves["total_gj_per_h"].tolist() == pytest.approx([2 * (4.005 + 3.005 + 2.005)] * 3, rel=1e-4)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({GAP: NAN, GAP_LOW: NAN}, "no_gap"),
        ({GAP: 5.0, GAP_LOW: -1.0}, "at_best"),
        ({GAP: -5.0, GAP_LOW: -9.0}, "at_best"),
        (dict.fromkeys(SETPOINTS, NAN), "missing"),
        ({LOAD: NAN}, "missing"),
    ],
    ids=["no gap", "a gap that may be none", "below best", "set-points", "load"],
)
def test_hour_that_calls_for_nothing_gets_no_moves_and_a_reason(
    values: dict[str, float], reason: str, give: Advise, build_hours: Any
) -> None:
    given = give(SAVERS, build_hours(**values))
    assert given.moves.empty
    assert given.moves.columns.tolist() == advise.COLUMNS
    assert given.reasons["reason"].tolist() == [reason]


def test_set_point_without_a_reading_stays_and_the_others_are_advised(give: Advise, build_hours: Any) -> None:
    whole, lacking = give(SAVERS).moves, give(SAVERS, build_hours(**{RATIO: NAN})).moves
    assert whole["setpoint"].tolist() == [RATIO, CHILLER, INERTS]
    assert lacking["setpoint"].tolist() == [CHILLER, INERTS, FLUE]
    same = ["setpoint", "now", "to", "saving_gj_per_h"]
    pd.testing.assert_frame_equal(
        lacking.loc[:1, same], whole.loc[1:, same].reset_index(drop=True), check_exact=False, rtol=1e-4
    )


def test_group_of_which_a_set_point_is_unknown_stays(give: Advise, build_package: Any, build_hours: Any) -> None:
    package = build_package(SAVERS)
    points = [
        {**one, "group": "furnace" if one["column"] in (FLUE, RATIO) else ""} for one in package.card["setpoints"]
    ]
    grouped = replace(package, card={**package.card, "setpoints": points})
    moves = give(SAVERS, build_hours(**{FLUE: NAN}), package=grouped).moves
    assert moves["setpoint"].tolist() == [CHILLER, INERTS]


def build_notes(*rows: tuple[int, str, str]) -> pd.DataFrame:
    """Answers to hours from START on."""
    times = pd.Timestamp("2026-06-01", tz="UTC") + pd.to_timedelta([hour for hour, _, _ in rows], "h")
    return advise.build_notes(
        {"hour": time, "setpoint": name, "answer": answer, "why": ""}
        for time, (_, name, answer) in zip(times, rows, strict=True)
    )


@pytest.mark.parametrize(
    ("notes", "held"),
    [
        (build_notes((2, FLUE, "not possible")), range(3, 26)),  # from the next hour on, until a day after its own
        (build_notes((2, FLUE, "not possible"), (5, FLUE, "followed")), range(3, 6)),
        (build_notes((5, FLUE, "followed"), (2, FLUE, "not possible")), range(3, 6)),
        (build_notes((2, FLUE, "not possible"), (4, FLUE, "not possible")), range(3, 28)),
        (build_notes((2, RATIO, "not possible")), range(0)),
    ],
)
def test_move_that_is_not_possible_is_not_advised_again_for_a_stated_time(
    notes: pd.DataFrame, held: range, give: Advise, build_hours: Any
) -> None:
    given = give(ONE, build_hours(40), notes=notes, answer_holds_h=24)
    assert [hour for hour, reason in enumerate(given.reasons["reason"]) if reason] == list(held)
    assert set(given.reasons["reason"]) <= {"", "answered"}


def test_other_moves_come_first_where_one_is_not_possible(give: Advise, build_hours: Any) -> None:
    notes = build_notes((0, RATIO, "not possible"))
    moves = give(SAVERS, build_hours(2), notes=notes).moves
    first, second = (rows["setpoint"].tolist() for _, rows in moves.groupby(TIME))
    assert first == [RATIO, CHILLER, INERTS]
    assert second == [CHILLER, INERTS, FLUE]


def test_columns_of_another_tag_list_are_missing_and_no_error(give: Advise, build_hours: Any) -> None:
    hours = build_hours().drop(columns=[RATIO])
    assert give(SAVERS, hours).reasons["reason"].tolist() == ["missing"]


def test_hours_that_were_never_judged_have_no_gap(give: Advise, build_hours: Any) -> None:
    assert give(SAVERS, build_hours(2).drop(columns=[GAP, GAP_LOW])).reasons["reason"].tolist() == ["no_gap"] * 2


def test_package_without_precedents_advises_nothing(give: Advise, build_package: Any) -> None:
    package = build_package(SAVERS)
    package = type(package)(**{**vars(package), "precedents": package.precedents.iloc[:0]})
    assert give([], package=package).reasons["reason"].tolist() == ["no_precedents"]


def test_no_hours_are_no_advice(give: Advise, build_hours: Any) -> None:
    given = give(SAVERS, build_hours(0))
    assert given.moves.empty
    assert given.reasons.empty


def test_move_that_would_cost_is_not_advised(give: Advise) -> None:
    given = give([[-1.0, -1.1], [-4.0, -4.1], [0.0, 0.0], [0.0, 0.0]])
    assert given.moves.empty
    assert given.reasons["reason"].tolist() == ["unsure_saving"]


def test_small_saving_is_not_worth_a_word(give: Advise) -> None:
    # 2 * 0.2 GJ/h of 1,000 is below 0.05 %, 2 * 0.3 is above.
    assert give([[0.2, 0.2], *ONE[1:]]).moves.empty
    assert len(give([[0.3, 0.3], *ONE[1:]]).moves) == 1


def test_hour_in_which_all_moves_save_little_is_at_its_best(give: Advise) -> None:
    # All moves save 4 GJ/h of 1,000.
    assert give(ONE, min_total_frac=0.0041).reasons["reason"].tolist() == ["small_saving"]
    assert give(ONE, min_total_frac=0.0041).moves.empty
    assert len(give(ONE, min_total_frac=0.0039).moves) == 1


def test_unsure_saving_is_not_advised(give: Advise) -> None:
    # The members save 0 and 8.
    assert give([[0.0, 4.0], *ONE[1:]]).moves.empty


def test_sure_saving_is_not_withheld_for_a_larger_unsure_one(give: Advise) -> None:
    assert give([[0.0, 4.0], [1.0, 1.01], [0.0, 0.0], [0.0, 0.0]]).moves["setpoint"].tolist() == [RATIO]


def test_setpoint_beyond_what_was_trained_is_told_as_at_the_end_of_it(give: Advise, build_package: Any) -> None:
    # Training saw 0 to 11, the hour is at 12: what is known to be saved is from 11 to 10, not from 12.
    package = build_package([[2.0, 2.0], *ONE[1:]], trained=(0.0, 11.0))
    assert give([], package=package).moves[["now", "to", "saving_gj_per_h"]].iloc[0].tolist() == [12.0, 10.0, 2.0]


def test_setpoints_of_a_group_move_together_and_count_as_two(give: Advise, build_package: Any) -> None:
    package = build_package(SAVERS)

    class Grouped(type(package)):  # type: ignore[misc]
        def groups(self, columns: list[str]) -> dict[str, list[str]]:
            return {"loop": [FLUE, INERTS], **{name: [name] for name in columns if name not in (FLUE, INERTS)}}

    # The ratio saves 8 GJ/h; the group and the chiller 6 each, the group a little more, where there is room for two.
    moves = give([], package=Grouped(**vars(package)), max_moves=2).moves
    assert moves["setpoint"].tolist() == [RATIO, CHILLER]
    whole = give([], package=Grouped(**vars(package)), max_moves=3).moves
    assert whole[["setpoint", "group"]].to_numpy().tolist() == [[RATIO, RATIO], [FLUE, "loop"], [INERTS, "loop"]]
    assert whole["saving_gj_per_h"].tolist() == pytest.approx([8.01, 6.02, 0.0], abs=1e-3)


def test_many_hours_are_advised_as_each_of_them_alone(give: Advise, build_hours: Any, build_package: Any) -> None:
    rng = np.random.default_rng(0)
    columns = {name: rng.uniform(6, 16, 40) for name in SETPOINTS} | {LOAD: rng.uniform(45, 55, 40)}
    hours, package = build_hours(40, **columns), build_package(SAVERS)
    whole = give([], hours, package=package)
    alone = [give([], hours.iloc[[row]], package=package).moves for row in range(40)]
    pd.testing.assert_frame_equal(whole.moves, pd.concat(alone, ignore_index=True), rtol=1e-6)


def test_many_hours_take_few_calls_of_the_response(give: Advise, build_hours: Any, build_package: Any) -> None:
    package = build_package(SAVERS)
    give([], build_hours(200), package=package)
    assert package._response.calls <= 6
