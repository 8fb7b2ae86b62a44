"""The training envelope: training hours are inside; far, odd and incomplete hours are outside, and it says why."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elc.curve.envelope import Envelope, build_envelope, read_envelope, write_envelope
from elc.errors import ElcError
from elc.fields import AGE
from elc.findings import Reason
from elc.pages.reasons import say_reason

LOAD, AIR, WATER, PRESSURE = "load_t_per_h", "air_temp_degc", "cooling_water_temp_degc", "feed_pressure_bar"
FEATURES = [LOAD, AIR, WATER]
NAN = float("nan")
WEEK_H = 168


def build_hours(weeks: int, seed: int) -> pd.DataFrame:
    """Hours of whole years: load moves freely, water follows the air."""
    rng = np.random.default_rng(seed)
    count = weeks * WEEK_H
    air = 15 + 12 * np.sin(np.arange(count) / count * 4 * np.pi) + rng.normal(0, 2, count)
    load = rng.uniform(40, 60, count)
    return pd.DataFrame({LOAD: load, AIR: air, WATER: 8 + 0.5 * air + rng.normal(0, 0.5, count)})


def deal(frame: pd.DataFrame) -> np.ndarray:
    return np.arange(len(frame)) // WEEK_H % 8


def build(frame: pd.DataFrame, features: list[str]) -> Envelope:
    return build_envelope(frame, features, deal(frame), margin_frac=0.02, prototypes=128)


@pytest.fixture(scope="module")
def train() -> pd.DataFrame:
    return build_hours(24, 1)


@pytest.fixture(scope="module")
def envelope(train: pd.DataFrame) -> Envelope:
    return build(train, FEATURES)


def explain(envelope: Envelope, hour: pd.Series) -> str:
    return say_reason(Reason("outside", {"reasons": envelope.explain(hour)}))


def hour(load: float, air: float, water: float) -> pd.Series:
    return pd.Series({LOAD: load, AIR: air, WATER: water})


def test_training_hours_are_inside(envelope: Envelope, train: pd.DataFrame) -> None:
    assert envelope.find_outside(train).mean() <= 0.01


def test_hours_of_unseen_weeks_are_mostly_inside(envelope: Envelope) -> None:
    assert envelope.find_outside(build_hours(24, 2)).mean() < 0.03


def test_a_prototype_is_at_distance_zero(envelope: Envelope) -> None:
    np.testing.assert_allclose(envelope.measure(envelope.prototypes), 0, atol=1e-6)


def test_distance_is_that_of_the_nearest_prototype_in_robust_spans(envelope: Envelope, train: pd.DataFrame) -> None:
    rows = build_hours(1, 3)
    span = train[FEATURES].quantile(0.99) - train[FEATURES].quantile(0.01)
    apart = (rows[FEATURES].to_numpy()[:, None] - envelope.prototypes.to_numpy()[None]) / span.to_numpy()
    expected = np.sqrt((apart**2).sum(axis=2)).min(axis=1) / envelope.limit
    np.testing.assert_allclose(envelope.measure(rows), expected, rtol=1e-6, atol=1e-9)


def test_the_limit_is_the_distance_to_prototypes_of_other_groups(envelope: Envelope, train: pd.DataFrame) -> None:
    span = (train[FEATURES].quantile(0.99) - train[FEATURES].quantile(0.01)).to_numpy()
    groups = deal(train)
    rows = [
        int(np.flatnonzero((train[FEATURES] == point).all(axis=1))[0]) for _, point in envelope.prototypes.iterrows()
    ]
    apart = (train[FEATURES].to_numpy()[:, None] - envelope.prototypes.to_numpy()[None]) / span
    distance = np.sqrt((apart**2).sum(axis=2))
    distance[groups[:, None] == groups[rows][None]] = np.inf
    assert envelope.limit == pytest.approx(np.quantile(distance.min(axis=1), 0.995))


@settings(max_examples=50)
@given(
    column=st.sampled_from(FEATURES),
    beyond=st.floats(0.03, 1e6),
    side=st.sampled_from(["low", "high"]),
)
def test_a_feature_beyond_its_margin_is_outside(column: str, beyond: float, side: str) -> None:
    envelope = build(build_hours(8, 4), FEATURES)
    found = next(one for one in envelope.ranges if one.column == column)
    step = beyond * (found.high - found.low)
    value = found.low - step if side == "low" else found.high + step
    row = envelope.prototypes.iloc[[0]].assign(**{column: value})
    assert envelope.find_outside(row).all()
    assert ("below" if side == "low" else "above") in explain(envelope, row.iloc[0])


def test_a_feature_within_its_margin_is_inside(envelope: Envelope, train: pd.DataFrame) -> None:
    highest = train.loc[[train[LOAD].idxmax()]]
    slightly = highest.assign(**{LOAD: highest[LOAD] + 0.01 * (train[LOAD].max() - train[LOAD].min())})
    assert not envelope.find_outside(slightly).any()


def test_an_odd_combination_of_usual_values_is_outside(envelope: Envelope, train: pd.DataFrame) -> None:
    hot = train[train[AIR] > train[AIR].quantile(0.95)]
    odd = hot.assign(**{WATER: train[WATER].quantile(0.05)})
    assert envelope.find_outside(odd).all()
    assert (envelope.measure(odd) > 1).all()


@pytest.mark.parametrize("value", [NAN, float("inf")])
def test_a_missing_feature_is_outside_and_has_no_distance(
    envelope: Envelope, train: pd.DataFrame, value: float
) -> None:
    rows = train.head(3).copy()
    rows.loc[1, AIR] = value
    assert envelope.find_outside(rows).tolist() == [False, True, False]
    assert np.isnan(envelope.measure(rows)).tolist() == [False, True, False]


def test_the_index_of_the_rows_is_kept(envelope: Envelope, train: pd.DataFrame) -> None:
    rows = train.iloc[[7, 3]]
    assert envelope.find_outside(rows).index.tolist() == [7, 3]


def test_no_rows_are_no_answer(envelope: Envelope, train: pd.DataFrame) -> None:
    assert envelope.find_outside(train.head(0)).empty
    assert envelope.measure(train.head(0)).shape == (0,)


def test_columns_are_found_by_name(envelope: Envelope, train: pd.DataFrame) -> None:
    np.testing.assert_array_equal(envelope.measure(train), envelope.measure(train[[WATER, LOAD, AIR]]))


def test_an_unknown_column_is_refused(envelope: Envelope, train: pd.DataFrame) -> None:
    with pytest.raises(ElcError, match=r"cannot find the hours .* the columns air_temp_degc are missing from the rows"):
        envelope.find_outside(train.drop(columns=AIR))


def test_prototypes_cover_the_training_hours_better_the_more_there_are(train: pd.DataFrame) -> None:
    farthest = []
    for count in (16, 64, 256):
        found = build_envelope(train, FEATURES, deal(train), margin_frac=0.0, prototypes=count)
        assert len(found.prototypes) == count
        farthest.append((found.measure(train) * found.limit).max())
    assert farthest == sorted(farthest, reverse=True)


def test_building_twice_gives_the_same_bytes(train: pd.DataFrame, tmp_path: Path) -> None:
    cards = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        cards.append(write_envelope(tmp_path / name, build(train, FEATURES)))
    assert cards[0] == cards[1]
    assert (tmp_path / "one/envelope.parquet").read_bytes() == (tmp_path / "two/envelope.parquet").read_bytes()


def test_an_envelope_is_read_as_it_was_written(envelope: Envelope, train: pd.DataFrame, tmp_path: Path) -> None:
    card = json.loads(json.dumps(write_envelope(tmp_path, envelope)))
    again = read_envelope((tmp_path / "envelope.parquet").read_bytes(), card)
    assert again.ranges == envelope.ranges
    assert again.limit == envelope.limit
    pd.testing.assert_frame_equal(again.prototypes, envelope.prototypes, check_exact=True)
    np.testing.assert_array_equal(again.measure(train), envelope.measure(train))


def test_prototypes_of_other_features_are_refused(envelope: Envelope, train: pd.DataFrame, tmp_path: Path) -> None:
    card = write_envelope(tmp_path, envelope)
    write_envelope(tmp_path, build(train, [LOAD, AIR]))
    with pytest.raises(ElcError, match=r"holds load_t_per_h, air_temp_degc, but card\.json expects load_t_per_h, air"):
        read_envelope((tmp_path / "envelope.parquet").read_bytes(), card)


def test_a_constant_feature_divides_nothing_by_zero(train: pd.DataFrame) -> None:
    constant = train.assign(**{PRESSURE: 33.8})
    found = build(constant, [*FEATURES, PRESSURE])
    assert found.find_outside(constant).mean() <= 0.01
    assert explain(found, constant.iloc[0].copy()) == ""
    moved = constant.iloc[0].copy()
    moved[PRESSURE] = 33.84
    assert explain(found, moved) == "feed pressure 33.84 bar is above the 33.80 bar of the training hours"


def test_a_plant_that_never_moves_is_inside_itself() -> None:
    still = pd.DataFrame({LOAD: np.full(16 * WEEK_H, 50.0)})
    found = build(still, [LOAD])
    assert len(found.prototypes) == 1
    assert not found.find_outside(still).any()
    assert found.find_outside(still.head(1) + 1).all()


def test_a_feature_that_hardly_ever_moves_is_scaled_by_its_range(train: pd.DataFrame) -> None:
    rare = train.assign(**{PRESSURE: 33.0})
    rare.loc[[5, 500], PRESSURE] = 31.0
    assert build(rare, [LOAD, PRESSURE]).ranges[1].scale == 2.0


def test_hours_without_a_feature_do_not_change_the_envelope(envelope: Envelope, train: pd.DataFrame) -> None:
    more = pd.concat([train, train.head(10).assign(**{AIR: NAN, LOAD: 500.0})], ignore_index=True)
    groups = np.concatenate([deal(train), np.zeros(10, int)])
    found = build_envelope(more, FEATURES, groups, margin_frac=0.02, prototypes=128)
    assert found.ranges == envelope.ranges
    assert found.limit == envelope.limit


@pytest.mark.parametrize(
    ("age", "outside"), [(-1.0, True), (0.0, False), (400.0, False), (999.0, False), (1001.0, True), (NAN, True)]
)
def test_the_age_may_leave_its_training_range_by_twice_as_much_again(
    train: pd.DataFrame, age: float, outside: bool
) -> None:
    aged = train.assign(**{AGE: np.linspace(400, 600, len(train))})
    found = build(aged, [*FEATURES, AGE])
    assert AGE not in found.prototypes
    assert found.find_outside(aged.iloc[[0]].assign(**{AGE: age})).tolist() == [outside]


def test_the_age_does_not_count_in_the_distance(envelope: Envelope, train: pd.DataFrame) -> None:
    aged = train.assign(**{AGE: np.linspace(0, 400, len(train))})
    found = build(aged, [LOAD, AGE, AIR, WATER])
    assert found.limit == envelope.limit
    np.testing.assert_array_equal(found.measure(aged), envelope.measure(train))


def test_the_age_is_never_below_zero(train: pd.DataFrame) -> None:
    aged = train.assign(**{AGE: np.linspace(0, 400, len(train))})
    old = aged.iloc[0].copy()
    old[AGE] = 1300
    assert explain(build(aged, [*FEATURES, AGE]), old) == (
        "1,300 days since the turnaround are beyond the 0 to 1,200 days that the curve may be extended to from the "
        "0 to 400 days of the training hours"
    )
    old[AGE] = NAN
    assert explain(build(aged, [*FEATURES, AGE]), old) == "days since the turnaround are missing"


def test_explain_says_nothing_of_an_hour_inside(envelope: Envelope, train: pd.DataFrame) -> None:
    assert explain(envelope, train.iloc[0].copy()) == ""


def test_explain_reads_an_hour_with_other_columns(envelope: Envelope, train: pd.DataFrame) -> None:
    whole = pd.concat([train.iloc[0], pd.Series({"plant_state": "steady", "is_steady": True})])
    assert explain(envelope, whole) == ""


def test_explain_names_the_range_that_is_left() -> None:
    frame = pd.DataFrame({LOAD: np.linspace(40, 60, 16 * WEEK_H), AIR: np.tile(np.linspace(8.1, 31, 84), 32)})
    found = build(frame, [LOAD, AIR])
    hot = pd.Series({LOAD: 50.0, AIR: 36.2})
    assert explain(found, hot) == "air temperature 36.2 °C is above the 8.1 to 31.0 °C of the training hours"
    both = explain(found, pd.Series({LOAD: 20.0, AIR: 36.2}))
    assert both.startswith("load 20.0 t/h is below the 40.0 to 60.0 t/h of the training hours; air temperature 36.2 °C")


def test_explain_names_the_features_of_an_odd_combination(envelope: Envelope) -> None:
    words = explain(envelope, hour(50, 26, 9))
    assert words.startswith(
        "a combination of air temperature 26.0 °C and cooling water temperature 9.00 °C that the training hours did "
        "not show ("
    )
    assert words.endswith(" times as far from them as hours of an unseen week)")
    assert float(words.split("(")[1].split()[0]) == pytest.approx(
        envelope.measure(hour(50, 26, 9).to_frame().T)[0], abs=0.05
    )


def test_explain_names_one_feature_when_there_is_no_other() -> None:
    loads = np.concatenate([np.linspace(40, 45, 8 * WEEK_H), np.linspace(55, 60, 8 * WEEK_H)])
    found = build(pd.DataFrame({LOAD: loads}), [LOAD])
    assert explain(found, pd.Series({LOAD: 50.0})).startswith("load 50.0 t/h, which the training hours did not show (")


def test_explain_names_what_is_missing(envelope: Envelope) -> None:
    assert explain(envelope, hour(50, NAN, 15)) == "air temperature is missing"
    assert explain(envelope, hour(NAN, NAN, 15)) == "load and air temperature are missing"
    assert explain(envelope, hour(90, NAN, 15)).startswith("air temperature is missing; load 90.0 t/h is above the ")


def test_explain_refuses_an_hour_without_the_column(envelope: Envelope) -> None:
    with pytest.raises(ElcError, match="cannot explain the hour: the columns air_temp_degc, cooling_water_temp_degc"):
        envelope.explain(pd.Series({LOAD: 50.0}))


@pytest.mark.parametrize(
    ("features", "groups", "prototypes", "words"),
    [
        (FEATURES, [0, 1], 8, r"training envelope: 2 groups were given for 336 training hours\. Give one for each"),
        (FEATURES, [0] * 336, 8, r"all of one group of weeks, at least 2 are needed\. Train on more weeks"),
        (FEATURES, [0, 1] * 168, 0, r"0 prototypes were requested, at least 1 is needed"),
        ([], [0, 1] * 168, 8, r"there is no feature besides since_turnaround_days\. Give at least the"),
        ([LOAD, "x_pct"], [0, 1] * 168, 8, r"cannot build the envelope: the columns x_pct are missing"),
        (FEATURES, [0] * 300, 0, r"training envelope: 2 faults\n  - 300 groups .*\n  - 0 prototypes"),
    ],
)
def test_what_cannot_be_built_is_refused(features: list[str], groups: list[int], prototypes: int, words: str) -> None:
    with pytest.raises(ElcError, match=words):
        build_envelope(build_hours(2, 5), features, np.array(groups), margin_frac=0.0, prototypes=prototypes)


def test_training_hours_that_are_never_complete_are_refused() -> None:
    empty = build_hours(2, 5).assign(**{AIR: NAN})
    with pytest.raises(ElcError, match="no training hour has every feature"):
        build_envelope(empty, FEATURES, deal(empty), margin_frac=0.0, prototypes=8)
