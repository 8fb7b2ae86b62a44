"""Moves: inside limits, no farther than allowed, only where they surely save; savings worked out by hand."""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import advise, curve, dataset, ingest, settings
from elc.fields import ENERGY, GAP
from elc.paths import Project

LOAD = "load_t_per_h"
SETPOINTS = ["flue_o2_pct", "steam_to_carbon_ratio", "loop_inerts_pct", "chiller_temp_degc"]
FLUE, RATIO, INERTS, CHILLER = SETPOINTS
NAN = float("nan")
LIKE = settings.ExplainSettings(like_hours=3, explained_days=7, drift_days=28, min_ndcg=0.9)
RULES = settings.AdviseSettings(max_moves=3, max_step_frac=0.25, min_saving_frac=0.0005, interval_frac=0.8)
SPREAD = NormalDist().inv_cdf(0.9)


class Response:
    """Energy = 10 load + slopes times set-points; one column of `slopes` (set-points, members) a member."""

    def __init__(self, slopes: list[list[float]]) -> None:
        self.slopes = np.array(slopes)

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        rows = feeds["features"].astype(float)
        return [10 * rows[:, :1] + rows[:, 1:] @ self.slopes]


# Only flue O2 matters: the members hold it to cost 1 and 2 GJ/h a percent.
DEFAULT_SLOPES = [[1.0, 2.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]


def build_package(
    slopes: list[list[float]], best: float = 10.0, trained: tuple[float, float] = (0.0, 20.0)
) -> curve.Package:
    card = {
        "throughput": LOAD,
        "features": [{"column": LOAD, "low": 40.0, "high": 60.0}],
        "setpoints": [{"column": column, "low": trained[0], "high": trained[1]} for column in SETPOINTS],
    }
    precedents = pd.DataFrame({LOAD: [50.0] * 3, **{column: [best - 1, best, best + 3] for column in SETPOINTS}})
    hours = pd.DataFrame({LOAD: np.linspace(40, 60, 20)})
    envelope = curve.build_envelope(hours, [LOAD], np.arange(20) % 2, margin_frac=0.02, prototypes=10)
    return curve.Package(card, precedents, envelope, Response(slopes), Response(slopes))


def build_tags(low: float | None = 0.0, high: float | None = 20.0) -> settings.TagList:
    tags = [settings.Tag(name, name, "setpoint", "", 1.0, 0.0, low, high, "") for name in SETPOINTS]
    return settings.TagList("fjord", tuple(tags))


def build_hour(**values: float) -> pd.Series:
    return pd.Series({LOAD: 50.0, ENERGY: 1000.0, GAP: 20.0, **dict.fromkeys(SETPOINTS, 12.0), **values})


def build_moves(
    slopes: list[list[float]],
    *,
    hour: pd.Series | None = None,
    package: curve.Package | None = None,
    tags: settings.TagList | None = None,
    **rules: Any,
) -> pd.DataFrame:
    return advise.build_moves(
        package or build_package(slopes),
        build_hour() if hour is None else hour,
        tags or build_tags(),
        RULES.model_copy(update=rules),
        LIKE,
    )


def test_move_goes_to_the_median_of_the_best_hours_and_saves_what_the_response_says() -> None:
    moves = build_moves(DEFAULT_SLOPES)
    assert moves.columns.tolist() == advise.COLUMNS
    # From 12 to 10 the members save 2 and 4: 3 on average, with a deviation of the square root of 2.
    assert moves[["setpoint", "now", "to", "precedents", "note"]].to_dict("records") == [
        {"setpoint": FLUE, "now": 12.0, "to": 10.0, "precedents": 3, "note": ""}
    ]
    doubt = SPREAD * np.sqrt(2)
    found = moves[["low_gj_per_h", "saving_gj_per_h", "high_gj_per_h"]].iloc[0].tolist()
    assert found == pytest.approx([3 - doubt, 3, 3 + doubt], rel=1e-4)


def test_wider_interval_is_wider() -> None:
    moves = build_moves([[4.0, 5.0], *DEFAULT_SLOPES[1:]], interval_frac=0.95)
    assert moves["high_gj_per_h"].iloc[0] == pytest.approx(9 + NormalDist().inv_cdf(0.975) * np.sqrt(2), rel=1e-4)


def test_move_is_no_larger_than_the_largest_step() -> None:
    # A quarter of the range of 20; the best hours are 10 away.
    moves = build_moves([[4.0, 5.0], *DEFAULT_SLOPES[1:]], hour=build_hour(**{FLUE: 20.0}))
    assert moves["to"].tolist() == [15.0]


def test_largest_step_is_a_share_of_the_range_in_the_tag_list() -> None:
    # The tag list allows 0 to 20, so a step of 5; training saw only 8 to 14.
    package = build_package([[4.0, 5.0], *DEFAULT_SLOPES[1:]], trained=(8.0, 14.0))
    moves = build_moves([], package=package, hour=build_hour(**{FLUE: 14.0}))
    assert moves["to"].tolist() == [10.0]


@pytest.mark.parametrize(
    ("slope", "now", "limits", "to"),
    [(4.0, 14.0, (11.0, 20.0), 11.0), (-4.0, 6.0, (0.0, 9.0), 9.0)],
)
def test_move_stops_at_the_limits_of_the_tag_list(
    slope: float, now: float, limits: tuple[float, float], to: float
) -> None:
    slopes = [[slope, slope * 1.2], *DEFAULT_SLOPES[1:]]
    moves = build_moves(slopes, hour=build_hour(**{FLUE: now}), tags=build_tags(*limits), max_step_frac=1.0)
    assert moves["to"].tolist() == [to]
    assert moves["note"].tolist() == [f"near the limit of {to:g} for flue O2"]


@pytest.mark.parametrize(("slope", "now", "to"), [(4.0, 14.0, 11.0), (-4.0, 7.0, 9.0)])
def test_move_stays_in_the_range_that_was_trained(slope: float, now: float, to: float) -> None:
    trained = (11.0, 20.0) if slope > 0 else (0.0, 9.0)
    package = build_package([[slope, slope * 1.2], *DEFAULT_SLOPES[1:]], trained=trained)
    hour = build_hour(**dict.fromkeys(SETPOINTS, now))
    moves = build_moves([], package=package, hour=hour, max_step_frac=1.0)
    assert moves["to"].tolist() == [to]
    assert moves["note"].tolist() == [""]  # a range of training is no limit


def test_tag_without_limits_moves_inside_the_trained_range() -> None:
    moves = build_moves([[4.0, 5.0], *DEFAULT_SLOPES[1:]], tags=build_tags(None, None))
    assert moves["to"].tolist() == [10.0]
    assert moves["note"].tolist() == [""]


SAVERS = [[1.0, 1.1], [4.0, 4.1], [2.0, 2.1], [3.0, 3.1]]


@pytest.mark.parametrize(("max_moves", "wanted"), [(1, [RATIO]), (2, [RATIO, CHILLER]), (3, [RATIO, CHILLER, INERTS])])
def test_only_the_best_moves_are_taken_largest_first(max_moves: int, wanted: list[str]) -> None:
    moves = build_moves(SAVERS, max_moves=max_moves)
    assert moves["setpoint"].tolist() == wanted
    assert moves["saving_gj_per_h"].is_monotonic_decreasing


def test_savings_of_the_rows_add_up_to_that_of_the_set() -> None:
    moves = build_moves(SAVERS)
    assert moves["saving_gj_per_h"].sum() == pytest.approx(2 * (4.05 + 3.05 + 2.05), rel=1e-4)


@pytest.mark.parametrize(
    "values", [{GAP: NAN}, {GAP: 0.0}, {GAP: -5.0}, {RATIO: NAN}], ids=["no gap", "at best", "below best", "set-point"]
)
def test_hour_that_calls_for_nothing_gets_no_moves(values: dict[str, float]) -> None:
    moves = build_moves(SAVERS, hour=build_hour(**values))
    assert moves.empty
    assert moves.columns.tolist() == advise.COLUMNS


def test_move_that_would_cost_is_not_advised() -> None:
    assert build_moves([[-1.0, -1.1], [-4.0, -4.1], [0.0, 0.0], [0.0, 0.0]]).empty


def test_small_saving_is_not_worth_a_word() -> None:
    # 2 * 0.2 GJ/h of 1,000 is below 0.05 %, 2 * 0.3 is above.
    assert build_moves([[0.2, 0.2], *DEFAULT_SLOPES[1:]]).empty
    assert len(build_moves([[0.3, 0.3], *DEFAULT_SLOPES[1:]])) == 1


def test_unsure_saving_is_not_advised() -> None:
    # The members save 0 and 8: 4 on average, 1.28 times 5.7 to either side.
    assert build_moves([[0.0, 4.0], *DEFAULT_SLOPES[1:]]).empty


def test_sure_saving_is_not_withheld_for_a_larger_unsure_one() -> None:
    moves = build_moves([[0.0, 4.0], [1.0, 1.1], [0.0, 0.0], [0.0, 0.0]])
    assert moves["setpoint"].tolist() == [RATIO]


@pytest.mark.parametrize("hour", [build_hour(), build_hour(**{GAP: NAN})], ids=["moves", "none"])
def test_moves_come_back_as_they_were_written(hour: pd.Series, tmp_path: Path) -> None:
    moves = build_moves(SAVERS, hour=hour)
    advise.write_moves(tmp_path / "fjord", moves)
    pd.testing.assert_frame_equal(advise.read_moves(tmp_path / "fjord"), moves, check_dtype=False)


def test_moves_of_a_trained_package_keep_every_rule(
    demo_project: Project, fjord: settings.StageSettings, fjord_tags: settings.TagList
) -> None:
    package = curve.read(demo_project.model("fjord"))
    hourly = ingest.read_hourly(demo_project.hourly("fjord"))
    marked = dataset.mark_states(hourly, package.throughput, package.rated_load, fjord)
    scored = curve.score_hours(marked, package)
    trained = {setpoint["column"]: setpoint for setpoint in package.card["setpoints"]}
    counts = []
    for _, hour in scored[scored[GAP] > 0].iloc[::80].iterrows():
        moves = advise.build_moves(package, hour, fjord_tags, fjord.advise, fjord.explain)
        counts.append(len(moves))
        assert len(moves) <= fjord.advise.max_moves
        assert moves["setpoint"].is_unique
        for move in moves.to_dict("records"):
            tag, seen = fjord_tags.find(move["setpoint"]), trained[move["setpoint"]]
            assert tag.low is not None
            assert tag.high is not None
            assert max(tag.low, seen["low"]) <= move["to"] <= min(tag.high, seen["high"])
            assert abs(move["to"] - move["now"]) <= fjord.advise.max_step_frac * (tag.high - tag.low) + 1e-9
            assert move["now"] == hour[move["setpoint"]]
            assert 0 < move["low_gj_per_h"] < move["saving_gj_per_h"] < move["high_gj_per_h"]
            assert move["saving_gj_per_h"] >= fjord.advise.min_saving_frac * hour[ENERGY]
    assert sum(count > 0 for count in counts) > 0.5 * len(counts)
