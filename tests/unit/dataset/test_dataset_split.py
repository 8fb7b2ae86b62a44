"""Which hours are learnt from, and the split by time that no window crosses."""

from __future__ import annotations

import pandas as pd
import pytest

from elc import dataset
from elc.errors import ElcError
from elc.fields import ENERGY, IS_STEADY, STATE, TIME
from tests.unit.dataset.hours import LOAD, NAN, build_hours, build_settings, build_tags, mark


def test_rated_load_is_the_98_percent_quantile() -> None:
    assert dataset.find_rated_load(build_hours([float(load) for load in range(101)]), LOAD) == pytest.approx(98.0)


def test_cut_off_day_keeps_the_hours_before_its_first() -> None:
    kept = dataset.drop_after(build_hours([100.0] * 72), "2024-01-02")
    assert len(kept) == 24
    assert kept[TIME].max() == pd.Timestamp("2024-01-01 23:00", tz="UTC")


def test_no_cut_off_day_keeps_all() -> None:
    assert len(dataset.drop_after(build_hours([100.0] * 72), None)) == 72


def test_unsteady_unknown_and_negative_hours_are_dropped() -> None:
    hours = build_hours([100.0] * 6).assign(**{IS_STEADY: [False, True, True, True, True, True]})
    hours.loc[1, "air_temp_degc"] = NAN
    hours.loc[2, ENERGY] = NAN
    hours.loc[3, ENERGY] = 0.0
    hours.loc[4, "flue_o2_pct"] = NAN  # a set-point: the curve does not need it
    kept = dataset.drop_unsteady(hours, build_tags())
    assert kept[TIME].tolist() == hours[TIME].iloc[[4, 5]].tolist()
    assert kept.index.tolist() == [0, 1]


@pytest.mark.parametrize("count", [100, 133, 1001])
def test_split_is_by_time_and_loses_only_the_hours_after_each_boundary(count: int) -> None:
    hours = build_hours([100.0] * count)
    split = dataset.build_split(hours.sample(frac=1, random_state=1), 98.0, build_settings())
    cuts = [round(0.6 * count), round(0.8 * count)]
    lost = 12  # the settling time, which is longer than the steady window
    pd.testing.assert_frame_equal(split.train, hours[: cuts[0]])
    pd.testing.assert_frame_equal(split.valid, hours[cuts[0] + lost : cuts[1]].reset_index(drop=True))
    pd.testing.assert_frame_equal(split.test, hours[cuts[1] + lost :].reset_index(drop=True))
    assert split.rated_load == 98.0


@pytest.mark.parametrize("interval", ["1h", "15min"])
@pytest.mark.parametrize(("window_h", "settle_h"), [(4, 12), (8, 2), (1, 0)])
def test_no_window_crosses_from_a_part_into_the_next(interval: str, window_h: float, settle_h: float) -> None:
    """With the former part's hours changed at will, every hour of the later part keeps its state."""
    chosen = build_settings(interval=interval, steady_window_h=window_h, settle_after_start_h=settle_h)
    marked = mark([100.0] * 600, chosen)
    split = dataset.build_split(marked[marked[IS_STEADY]], 100.0, chosen)
    for former, later in ((split.train, split.valid), (split.valid, split.test)):
        changed = marked.drop(columns=[STATE, IS_STEADY])
        changed.loc[changed[TIME] <= former[TIME].max(), LOAD] = 0.0
        again = dataset.mark_states(changed, LOAD, 100.0, chosen)
        kept = again[again[TIME].isin(later[TIME])]
        assert len(kept) == len(later)
        assert kept[STATE].eq("run").all()
        spare = dataset.find_reach(chosen) - pd.Timedelta(max(window_h, settle_h), "h")  # for load lost before a window
        just_before = again[again[TIME] == later[TIME].min() - spare - pd.Timedelta(interval)]
        assert just_before[STATE].ne("run").all()


def test_gap_at_a_boundary_is_purge_enough() -> None:
    hours = build_hours([100.0] * 200)
    gapped = pd.concat([hours[:60], hours[72:102], hours[114:144]])
    split = dataset.build_split(gapped, 98.0, build_settings(train_frac=0.5, valid_frac=0.25))
    assert [len(part) for part in (split.train, split.valid, split.test)] == [60, 30, 30]


def test_chosen_intervals_lose_none() -> None:
    hours = build_hours([100.0] * 100)
    split = dataset.build_split(hours, 98.0, build_settings(is_continuous=False))
    pd.testing.assert_frame_equal(pd.concat([split.train, split.valid, split.test], ignore_index=True), hours)


def test_too_few_hours_are_refused() -> None:
    wanted = (
        r"^plant fjord: 19 steady intervals are left, expected at least 20 \(dataset\.min_hours\)\. "
        r"Add a longer export, or change the setting that excludes most\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        dataset.build_split(build_hours([100.0] * 19), 98.0, build_settings())


def test_too_few_hours_are_told_with_what_cost_the_others() -> None:
    chosen, tags = build_settings(), build_tags()
    hours = build_hours([*[100.0] * 15, *[0.0] * 9, *[100.0] * 4, NAN, *[100.0] * 11])
    hours.loc[14, ENERGY] = NAN
    marked = dataset.mark_states(hours, tags.throughput, 98.0, chosen)
    steady = dataset.drop_unsteady(marked, tags)
    counts = marked[STATE].value_counts()
    with pytest.raises(ElcError, match=r"dataset\.min_hours\); of 40 the others are: ") as raised:
        dataset.build_split(steady, 98.0, chosen, marked)
    for state, key in (
        ("trip", "dataset.min_load_frac"),
        ("start", "dataset.settle_after_start_h"),
        ("unknown", "throughput without a reading: ingest.max_hold_h"),
    ):
        assert f"{state} {counts[state]:,} ({key}" in str(raised.value)
    assert "a driver missing or not positive 1 (findings of ingest)" in str(raised.value)


def test_shares_that_leave_no_test_are_refused() -> None:
    chosen = build_settings(train_frac=0.8, valid_frac=0.2)
    wanted = r"^plant fjord: dataset\.train_frac and valid_frac leave no test hours\. Lower one of them\.$"
    with pytest.raises(ElcError, match=wanted):
        dataset.build_split(build_hours([100.0] * 40), 98.0, chosen)


@pytest.mark.parametrize(
    ("train_frac", "valid_frac", "parts"), [(0.6, 0.2, "valid and test"), (0.0, 0.5, "train"), (0.5, 0.0, "valid")]
)
def test_part_without_an_hour_is_refused(train_frac: float, valid_frac: float, parts: str) -> None:
    chosen = build_settings(train_frac=train_frac, valid_frac=valid_frac)
    wanted = (
        rf"^plant fjord: no interval is left for {parts}, of 40 steady ones and without those that look back across "
        r"the split\. Change dataset\.train_frac or valid_frac, or add a longer export\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        dataset.build_split(build_hours([100.0] * 40), 98.0, chosen)


def summarise(interval: str = "1h") -> tuple[pd.DataFrame, pd.DataFrame]:
    chosen = build_settings(interval=interval)
    marked = mark([100.0] * 240 + [0.0] * 5 + [100.0] * 235, chosen)
    marked.loc[200:209, ENERGY] = NAN
    steady = dataset.drop_unsteady(marked, build_tags())
    split = dataset.build_split(steady, 100.0, chosen)
    return marked, dataset.summarise(marked, steady, split, interval).set_index("what")


def test_summary_books_every_hour_and_all_energy_once() -> None:
    marked, table = summarise()
    is_state = table.index.str.startswith("state: ")
    assert table.loc[is_state, "hours"].sum() == 480
    assert table.loc[is_state, "energy, GJ"].sum() == pytest.approx(marked[ENERGY].sum())
    assert table.loc["state: trip", "hours"] == 5
    assert table.loc["state: run", "energy known"] == pytest.approx(1 - 10 / table.loc["state: run", "hours"])
    for column in ("hours", "energy, GJ"):
        assert table.loc[~is_state, column].sum() == pytest.approx(table.loc["state: run", column])
    assert table.loc["left out: energy or a driver unknown", "hours"] == 10
    assert table.loc["left out: looks back across the split", "hours"] == 24


def test_summary_counts_short_intervals_as_part_of_an_hour() -> None:
    _, table = summarise("10min")
    assert table[table.index.str.startswith("state: ")]["hours"].sum() == pytest.approx(80)
    assert table.loc["state: trip", "hours"] == pytest.approx(5 / 6)
