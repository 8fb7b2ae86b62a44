"""Shapley values on functions whose shares are known, and the shares of a gap against a simulated plant's truth."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve, explain, pages, settings
from elc.fields import BEST, CONDITION_FRAC, CONDITION_SINCE, ENERGY, GAP, IS_OUTSIDE, IS_STEADY, TIME
from elc.findings import Reason, build_frame
from elc.pages.reasons import say_reason
from elc.paths import Project

LOAD, AIR, FLUE, RATIO = "load_t_per_h", "air_temp_degc", "flue_o2_pct", "steam_to_carbon_ratio"
NAN = float("nan")
SIZE = 500.0  # GJ/h, what the plant takes
LIKE = settings.ExplainSettings(like_hours=3, explained_days=7, drift_days=28, min_ndcg=0.9)


def test_each_player_of_a_sum_gets_its_own_step() -> None:
    present = pd.Series({"x": 3.0, "y": 5.0, "z": -1.0, "load": 60.0})
    reference = pd.Series({"x": 1.0, "y": 6.0, "z": -1.0})
    shares = explain.build_shapley(
        lambda r: (10 * r["x"] + r["y"] ** 2 + r["z"] + r["load"]).to_numpy(), present, reference
    )
    assert shares.index.tolist() == ["x", "y", "z"]
    assert shares.tolist() == pytest.approx([20.0, -11.0, 0.0], abs=1e-9)


def test_an_interaction_is_shared_evenly() -> None:
    present, reference = pd.Series({"x": 2.0, "y": 3.0}), pd.Series({"x": 0.0, "y": 0.0})
    shares = explain.build_shapley(lambda r: (r["x"] * r["y"]).to_numpy(), present, reference)
    assert shares.tolist() == pytest.approx([3.0, 3.0], abs=1e-9)


def test_three_players_by_the_definition() -> None:
    # f = xyz + x from 0 to (1, 2, 3): the product's 6 is shared by three, x keeps its own 1.
    present, reference = pd.Series({"x": 1.0, "y": 2.0, "z": 3.0}), pd.Series({"x": 0.0, "y": 0.0, "z": 0.0})
    shares = explain.build_shapley(lambda r: (r["x"] * r["y"] * r["z"] + r["x"]).to_numpy(), present, reference)
    assert shares.tolist() == pytest.approx([3.0, 2.0, 2.0], abs=1e-9)


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_shares_add_up_to_the_total(count: int) -> None:
    rng = np.random.default_rng(count)
    names = [f"x{index}" for index in range(count)]
    present = pd.Series({**dict(zip(names, rng.normal(0, 1, count), strict=True)), "other": 2.0})
    reference = pd.Series(rng.normal(0, 1, count), index=names)
    mixing = rng.normal(0, 1, (count, 4))

    def predict(rows: pd.DataFrame) -> np.ndarray:
        return np.tanh(rows[names].to_numpy() @ mixing).prod(axis=1) * 100 + rows["other"].to_numpy()

    shares = explain.build_shapley(predict, present, reference)
    ends = pd.DataFrame([present, present.copy()])
    ends.iloc[1, :count] = reference.to_numpy()
    now, then = predict(ends)
    assert math.isclose(shares.sum(), now - then, rel_tol=0, abs_tol=1e-9)


class Network:
    """Stands where an ONNX Runtime session does."""

    def __init__(self, outputs: Any) -> None:
        self.outputs = outputs

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        return [np.column_stack(self.outputs(*feeds["features"].astype(float).T))]


@pytest.fixture
def package() -> curve.Package:
    """best = 10 load + 2 air; the response adds 3 flue O2 + 5 ratio (members differ, their mean is this)."""

    def describe(column: str, low: float, high: float, median: float) -> dict[str, object]:
        return {"column": column, "low": low, "high": high, "median": median}

    card = {
        "throughput": LOAD,
        "features": [describe(LOAD, 40.0, 60.0, 50.0), describe(AIR, -10.0, 30.0, 10.0)],
        "setpoints": [describe(FLUE, 1.0, 5.0, 2.0), describe(RATIO, 2.5, 3.5, 3.0)],
    }
    precedents = pd.DataFrame({LOAD: 50.0, AIR: 10.0, FLUE: [1.0, 2.0, 2.5], RATIO: [2.9, 3.0, 3.4]})
    precedents[TIME] = pd.date_range("2023-06-01", periods=3, freq="D", tz="UTC")
    best = Network(lambda load, air: [10 * load + 2 * air] * 5)
    response = Network(
        lambda load, air, flue, ratio: [10 * load + 2 * air + k * (3 * flue + 5 * ratio) for k in (0.5, 1.5)]
    )
    hours = pd.DataFrame({LOAD: np.linspace(40, 60, 20), AIR: np.linspace(-10, 30, 20)})
    envelope = curve.build_envelope(hours, [LOAD, AIR], np.arange(20) % 2, margin_frac=0.02, prototypes=10)
    return curve.Package(card, precedents, envelope, best, response)


def build_hour(**values: float) -> pd.Series:
    hour = {LOAD: 50.0, AIR: 10.0, FLUE: 4.0, RATIO: 2.8, GAP: 12.0, **values}
    return pd.Series({TIME: pd.Timestamp("2024-01-01", tz="UTC"), **hour})


def test_gap_is_shared_out_against_the_best_hours(package: curve.Package) -> None:
    shares = explain.explain_gap(package, build_hour(), LIKE)
    # Best practice is a standard error inside the lower end of what the precedents did, 1.2 + 0.36 %, or their median,
    # 3.0: flue O2 costs 3 * 2.44, and the ratio saves 5 * 0.2.
    assert shares["setpoint"].tolist() == [FLUE, RATIO, "good_hours", "unexplained"]
    assert shares["now"].tolist()[:2] == [4.0, 2.8]
    assert shares["best_practice"].tolist()[:2] == pytest.approx([1.56, 3.0], abs=1e-3)
    # The precedents' means, 5.5 / 3 % and 3.1, cost 3 * 0.2733 + 5 * 0.1 over best practice.
    assert shares["share_gj_per_h"].tolist() == pytest.approx([7.32, -1.0, -1.32, 7.0], abs=1e-3)
    assert shares["share_gj_per_h"].sum() == pytest.approx(12.0, abs=1e-9)


def test_named_condition_is_a_part_of_its_own_and_takes_from_what_is_unexplained(package: curve.Package) -> None:
    since = pd.Timestamp("2023-12-01", tz="UTC")
    told = {BEST: 500.0, ENERGY: 512.0, CONDITION_FRAC: 0.01, CONDITION_SINCE: since}
    hour = build_hour(**told)  # type: ignore[arg-type]
    shares = explain.explain_gap(package, hour, LIKE)
    assert shares["setpoint"].tolist() == [FLUE, RATIO, "condition", "good_hours", "unexplained"]
    assert shares["share_gj_per_h"].tolist() == pytest.approx([7.32, -1.0, 5.0, -1.32, 2.0], abs=1e-3)
    steps = explain.build_waterfall(hour, shares)
    assert steps["step"].tolist() == ["best", "condition", "good_hours", FLUE, RATIO, "unexplained", "actual"]
    unsure = explain.explain_gap(package, build_hour(**{**told, CONDITION_SINCE: pd.NaT}), LIKE)
    assert "condition" not in unsure["setpoint"].tolist()


@pytest.mark.parametrize("missing", [[GAP], [AIR], [FLUE, RATIO]])
def test_hour_without_gap_driver_or_any_set_point_is_not_explained(package: curve.Package, missing: list[str]) -> None:
    shares = explain.explain_gap(package, build_hour(**dict.fromkeys(missing, NAN)), LIKE)
    assert shares.empty
    assert shares.columns.tolist() == [TIME, *explain.SHARES]


def test_set_point_without_a_reading_is_named_and_the_others_are_explained(package: curve.Package) -> None:
    hour = build_hour(**{RATIO: NAN, ENERGY: 532.0, BEST: 520.0})
    shares = explain.explain_gap(package, hour, LIKE)
    assert shares["setpoint"].tolist() == [FLUE, RATIO, "good_hours", "unexplained"]
    assert shares["share_gj_per_h"].tolist() == pytest.approx([7.32, NAN, -1.32, 6.0], abs=1e-3, nan_ok=True)
    assert explain.rank_causes(shares)["setpoint"].tolist() == [FLUE, "unexplained", "good_hours"]
    assert pages.explain.build_causes_table(shares, size=SIZE)["share, GJ/h"].tolist() == ["+7.3", "–", "−1.3", "+6.0"]
    steps = explain.build_waterfall(hour, shares)
    assert steps["step"].tolist() == ["best", "good_hours", FLUE, "unexplained", "actual"]
    assert steps["end_gj_per_h"].iloc[-1] == pytest.approx(532.0, abs=1e-9)
    text = pages.explain.write_waterfall(steps, shares, hour, build_settings(), present=hour[TIME], size=SIZE)
    sentence = "These have no valid reading, so their cost is unknown and counts as unexplained: steam to carbon."
    assert sentence in text
    answer = pages.explain.write_answer(shares, build_settings(), version="v1", silence=None, size=SIZE)
    assert "part of the time these had no valid reading" in answer.lower()
    scored = pd.DataFrame([pd.Series({**hour, IS_STEADY: True, IS_OUTSIDE: False})])
    assert explain.find_silence(package, scored, scored.iloc[0]) is None


def test_hour_of_another_time_is_told_as_such(package: curve.Package) -> None:
    hour, shares, steps = build_scored(package)
    later = hour[TIME] + pd.Timedelta("3h")
    text = pages.explain.write_waterfall(steps, shares, hour, build_settings(), present=later, size=SIZE)
    assert text.startswith(
        "- The last interval has no gap: this is that of Mon 1 Jan 2024 01:00, the last one that was judged."
    )
    other = pd.Series({**hour, TIME: later})
    nothing = explain.build_waterfall(other, shares)
    assert nothing.empty  # what is explained is another hour
    words = pages.explain.write_waterfall(nothing, shares, other, build_settings(), present=later, size=SIZE)
    assert words == "This interval has no explanation."


def test_period_explains_the_judged_hours_of_the_last_days(package: curve.Package) -> None:
    hours = pd.DataFrame([build_hour(**{GAP: NAN if day == 8 else 12.0}) for day in range(10)])
    hours[TIME] = pd.date_range("2024-01-01", periods=10, freq="D", tz="UTC")
    shares = explain.explain_period(package, hours, LIKE)
    days = sorted(shares[TIME].dt.day.unique())
    assert days == [4, 5, 6, 7, 8, 10]  # the seven days to the 10th, less the 9th, which was not judged
    assert len(shares) == 6 * 4


def test_period_without_a_judged_hour_has_no_shares(package: curve.Package) -> None:
    shares = explain.explain_period(package, pd.DataFrame([build_hour(**{GAP: NAN})]), LIKE)
    assert shares.empty
    assert set(shares.columns) == {*explain.SHARES, TIME}
    assert explain.rank_causes(shares).empty


def test_last_judged_hour_is_the_last_with_a_gap() -> None:
    hours = pd.DataFrame({TIME: pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC"), GAP: [1.0, 2.0, NAN]})
    assert explain.find_last_judged(hours)[GAP] == 2.0
    assert explain.find_last_judged(hours.assign(**{GAP: NAN}))[TIME] == hours[TIME].iloc[-1]


def test_causes_are_ranked_by_their_mean() -> None:
    shares = pd.DataFrame({"setpoint": [FLUE, RATIO, FLUE, RATIO], "share_gj_per_h": [1.0, 4.0, 5.0, 0.0]})
    ranked = explain.rank_causes(shares)
    assert ranked.to_dict("list") == {"setpoint": [FLUE, RATIO], "share_gj_per_h": [3.0, 2.0]}


def test_drivers_share_out_best_against_the_median_hour(package: curve.Package) -> None:
    shares = explain.explain_drivers(package, build_hour(**{LOAD: 52.0, AIR: -5.0}))
    assert shares["driver"].tolist() == [AIR, LOAD]  # the largest first, by size
    assert shares["share_gj_per_h"].tolist() == pytest.approx([-30.0, 20.0], abs=1e-4)
    assert shares["median"].tolist() == [10.0, 50.0]
    assert shares["now"].tolist() == [-5.0, 52.0]
    assert explain.explain_drivers(package, build_hour(**{AIR: NAN})).empty


def test_table_of_causes_names_quantities_and_adds_up_to_the_gap(package: curve.Package) -> None:
    table = pages.explain.build_causes_table(explain.explain_gap(package, build_hour(), LIKE), size=SIZE)
    assert table["set-point"].tolist() == ["flue O2, %", "steam to carbon", "good hours", "unexplained"]
    assert table["now"].tolist() == ["4.00", "2.80", "–", "–"]
    assert table["best practice"].tolist() == ["1.56", "3.00", "–", "–"]
    assert table["share, GJ/h"].tolist() == ["+7.3", "−1.0", "−1.3", "+7.0"]


def test_many_hours_are_explained_as_one_by_one(package: curve.Package) -> None:
    rng = np.random.default_rng(5)
    hours = pd.DataFrame([build_hour(**{FLUE: rng.uniform(1, 5), RATIO: rng.uniform(2.5, 3.5)}) for _ in range(5)])
    hours[TIME] = pd.date_range("2024-01-01", periods=5, freq="h", tz="UTC")
    found = explain.explain_hours(package, hours, LIKE)
    assert len(found) == 20
    for _, hour in hours.iterrows():
        one = explain.explain_gap(package, hour, LIKE)
        pd.testing.assert_frame_equal(found[found[TIME] == hour[TIME]].reset_index(drop=True), one)


def test_table_without_a_set_point_is_not_explained_and_says_why(package: curve.Package) -> None:
    known = pd.DataFrame([build_hour(**{ENERGY: 600.0, IS_STEADY: True, IS_OUTSIDE: False})])
    lacking = known.drop(columns=FLUE)
    assert explain.explain_hours(package, lacking, LIKE).empty
    assert explain.explain_hours(package, lacking.iloc[:0], LIKE).empty
    whole, _ = curve.fit_hours(lacking, package)
    assert whole[FLUE].isna().all()
    assert explain.explain_hours(package, whole, LIKE)["share_gj_per_h"].isna().tolist() == [False, True, False, False]
    whole, _ = curve.fit_hours(known.drop(columns=[FLUE, RATIO]), package)
    wanted = (
        "The model asks for columns that the hourly table does not hold: flue\\_o2\\_pct, steam\\_to\\_carbon\\_ratio."
    )
    assert say_silence(package, whole, whole.iloc[0]) == wanted


def say_silence(package: curve.Package, scored: pd.DataFrame, hour: pd.Series) -> str:
    found = explain.find_silence(package, scored, hour)
    return "" if found is None else say_reason(found)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({IS_STEADY: False}, "The plant does not run steadily."),
        ({ENERGY: NAN}, "The energy of the hour is unknown."),
        ({IS_OUTSIDE: True, AIR: 60.0}, "The hour is unlike those that the model knows: air"),
        ({FLUE: NAN, RATIO: NAN}, "Set-points are unknown: flue O2, steam to carbon."),
        ({FLUE: NAN}, ""),
        ({GAP: NAN}, "The hour has no gap."),
        ({}, ""),
    ],
)
def test_silence_has_a_reason(package: curve.Package, values: dict[str, Any], wanted: str) -> None:
    known = build_hour(**{ENERGY: 600.0, IS_STEADY: True, IS_OUTSIDE: False})
    hour = pd.Series({**known, **values})
    scored = pd.DataFrame([known, hour])
    found = say_silence(package, scored, hour)
    assert found.startswith(wanted) if wanted else found == ""


def test_package_without_precedents_explains_nothing(package: curve.Package) -> None:
    bare = replace(package, precedents=package.precedents.iloc[:0])
    hour = build_hour(**{ENERGY: 600.0, IS_STEADY: True, IS_OUTSIDE: False})
    assert explain.explain_gap(bare, hour, LIKE).empty
    silence = say_silence(bare, pd.DataFrame([hour]), hour)
    assert silence == "The model holds no hours of best practice."


def test_group_of_set_points_is_one_player(package: curve.Package) -> None:
    card = {**package.card, "setpoints": [{**found, "group": "furnace"} for found in package.card["setpoints"]]}
    grouped = replace(package, card=card)
    shares = explain.explain_gap(grouped, build_hour(), LIKE)
    assert shares["setpoint"].tolist() == ["furnace", "good_hours", "unexplained"]
    assert shares["share_gj_per_h"].tolist() == pytest.approx([6.32, -1.32, 7.0], abs=1e-3)
    assert shares["now"].isna().all()
    assert pages.explain.build_causes_table(shares, size=SIZE).iloc[0].tolist() == ["furnace", "–", "–", "+6.3"]


def build_scored(package: curve.Package) -> tuple[pd.Series, pd.DataFrame, pd.DataFrame]:
    """An hour of 532 GJ/h, best 520, its shares and its waterfall."""
    hour = build_hour(**{ENERGY: 532.0, BEST: 520.0})
    shares = explain.explain_gap(package, hour, LIKE)
    return hour, shares, explain.build_waterfall(hour, shares)


def test_waterfall_goes_from_best_to_actual(package: curve.Package) -> None:
    _, _, steps = build_scored(package)
    assert steps["step"].tolist() == ["best", "good_hours", FLUE, RATIO, "unexplained", "actual"]
    moves = steps.iloc[1:-1]["change_gj_per_h"].tolist()
    assert moves == pytest.approx([-1.32, 7.32, -1.0, 7.0], abs=1e-3)
    assert steps["end_gj_per_h"].iloc[[0, -1]].tolist() == pytest.approx([520.0, 532.0], abs=1e-9)
    assert steps["start_gj_per_h"].iloc[2] == pytest.approx(steps["end_gj_per_h"].iloc[1])


def test_waterfall_in_words(package: curve.Package) -> None:
    hour, shares, steps = build_scored(package)
    assert pages.explain.write_waterfall(
        steps, shares, hour, build_settings(), present=hour[TIME], size=SIZE
    ).splitlines() == [
        "- Best under these conditions is 520.0 GJ/h.",
        "- No good hour had every set-point at its best: with all of them there, 1.3 GJ/h less.",
        "- Flue O2 at 4.00 %, where 1.56 % is best practice, costs 7.3 GJ/h.",
        "- Steam to carbon at 2.80, where 3.00 is best practice, saves 1.0 GJ/h.",
        "- What the set-points do not explain adds 7.0 GJ/h.",
        "- Together that is what the plant takes: 532.0 GJ/h, +12.0 GJ/h against best.",
    ]


def test_no_shares_make_no_waterfall(package: curve.Package) -> None:
    hour = build_hour(**{GAP: NAN})
    shares = explain.explain_gap(package, hour, LIKE)
    steps = explain.build_waterfall(hour, shares)
    assert steps.empty
    text = pages.explain.write_waterfall(steps, shares, hour, build_settings(), present=hour[TIME], size=SIZE)
    assert text == "This interval has no explanation."


def build_settings() -> settings.StageSettings:
    chosen = settings.read_plant(Project(Path(__file__).parents[3]), "fjord")
    return replace(chosen, explain=LIKE)


def test_answer_names_the_two_largest_costs() -> None:
    names = [FLUE, "chiller_temp_degc", "loop_inerts_pct", "unexplained"]
    shares = pd.DataFrame({"setpoint": names, "share_gj_per_h": [4.26, 1.04, 0.9, 9.0]})
    assert pages.explain.write_answer(shares, build_settings(), version="v1.2.0 in prod", silence=None, size=SIZE) == (
        "::: {.small}\nmodel: v1.2.0 in prod\n:::\n\n"
        "::: {.answer}\nOver the last 7 days Fjord lost most by flue O2 ([4.3 GJ/h]{.cost}) and "
        "chiller temperature ([1.0 GJ/h]{.cost}).\n:::"
    )


def test_answer_with_one_cause_and_with_none() -> None:
    shares = pd.DataFrame({"setpoint": [FLUE, RATIO, "unexplained"], "share_gj_per_h": [1.0, -1.0, 5.0]})
    chosen = build_settings()
    one = pages.explain.write_answer(shares, chosen, version="v1", silence=None, size=SIZE)
    assert "Over the last 7 days Fjord lost most by flue O2 ([1.0 GJ/h]{.cost})." in one
    none = pages.explain.write_answer(shares[1:], chosen, version="v1", silence=None, size=SIZE)
    assert "No set-point of Fjord cost energy in the last 7 days that were judged." in none


def test_answer_without_shares_says_why() -> None:
    empty = pd.DataFrame({"setpoint": [], "share_gj_per_h": []})
    found = pages.explain.write_answer(
        empty, build_settings(), version="v1", silence=Reason("hour_not_steady"), size=SIZE
    )
    assert "Nothing could be explained for Fjord over the last 7 days. The plant does not run steadily." in found


def test_shares_come_back_as_they_were_written(package: curve.Package, tmp_path: Path) -> None:
    last = explain.explain_gap(package, build_hour(), LIKE)
    period = explain.explain_period(package, pd.DataFrame([build_hour()]), LIKE)
    explain.write_shares(tmp_path / "fjord", period, last, build_frame([]))
    pd.testing.assert_frame_equal(explain.read_shares(tmp_path / "fjord"), last, check_dtype=False)
    assert sorted(path.name for path in (tmp_path / "fjord").iterdir()) == [
        "findings.parquet",
        "last.parquet",
        "period.parquet",
    ]


def test_no_shares_come_back_as_no_rows(package: curve.Package, tmp_path: Path) -> None:
    hour = build_hour(**{GAP: NAN})
    period, last = explain.explain_period(package, pd.DataFrame([hour]), LIKE), explain.explain_gap(package, hour, LIKE)
    explain.write_shares(tmp_path, period, last, build_frame([]))
    found = explain.read_shares(tmp_path)
    assert found.empty
    assert found.columns.tolist() == [TIME, *explain.SHARES]


def test_shares_name_their_hour_and_no_file_is_no_share(package: curve.Package, tmp_path: Path) -> None:
    hour = build_hour()
    shares = explain.explain_gap(package, hour, LIKE)
    explain.write_shares(tmp_path, shares, shares, build_frame([]))
    assert pd.read_parquet(tmp_path / "last.parquet")[TIME].tolist() == [hour[TIME]] * 4
    assert explain.read_shares(tmp_path / "nowhere").empty
    assert explain.read_drift(tmp_path / "nowhere").empty


def test_kept_days_are_what_is_explained_without(package: curve.Package, tmp_path: Path) -> None:
    hours = pd.DataFrame([build_hour()] * (24 * 9 + 5))
    hours[TIME] = pd.date_range("2024-01-01", periods=len(hours), freq="h", tz="UTC", unit="us")
    hours[LOAD] += np.linspace(0.0, 3.0, len(hours))
    for end in (24 * 8 + 20, 24 * 9 + 4, 24 * 9 + 5):  # the last is the hour after
        scored = hours.iloc[:end]
        shares = explain.explain_period(package, scored, LIKE, kept=tmp_path)
        pd.testing.assert_frame_equal(shares, explain.explain_period(package, scored, LIKE))
        assert shares[TIME].min() == scored[TIME].max() - pd.Timedelta(LIKE.explained_days * 24 - 1, "h")
    names = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(names) <= LIKE.explained_days + 2
    late = scored.copy()
    late.loc[late.index[-30], GAP] += 7.0  # a late reading reached an hour of yesterday
    shares = explain.explain_period(package, late, LIKE, kept=tmp_path)
    pd.testing.assert_frame_equal(shares, explain.explain_period(package, late, LIKE))
    assert sum(path.stat().st_mtime_ns != names[path.name] for path in tmp_path.iterdir()) == 1
