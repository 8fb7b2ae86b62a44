"""Faults of a simulated historian: each kind does what it books, as often as asked, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import settings
from elc.paths import Project
from elc.settings import FaultRates, Tag
from elc.simulate.faults import BAD, MIXUPS, UNCERTAIN, FaultInjector, Lasting
from elc.simulate.historian import ANALYSERS, REGULAR, Readings

ROOT = Path(__file__).resolve().parents[3]
LISTED = settings.read_tags(Project(ROOT).tags("fjord"), "fjord").tags
TAGS = tuple(tag for tag in LISTED if not tag.is_computed)
NONE = FaultRates(
    gap_frac=0,
    frozen_per_month=0,
    spike_frac=0,
    calibration_min_per_day=0,
    drift_frac_per_year=0,
    unit_mixups=0,
    clipped_tags=0,
    failed_transmitters=0,
    negative_zero=False,
    renamed_tags=0,
    clock_shifts=0,
    duplicate_frac=0,
    uncertain_frac=0,
    totaliser_resets=0,
)
HOUR_S, DAY_S, DAYS, STEP_S = 3600, 86400, 400, 900
START_S = int(pd.Timestamp("2024-01-01", tz="UTC").timestamp())
SECONDS = START_S + np.arange(DAYS * DAY_S // STEP_S, dtype=np.int64) * STEP_S
FUEL = "fuel_gas_energy_gj_per_h"


def build_clean(tag: Tag) -> Readings:
    """Quarter-hourly good readings around 100; a totaliser counts up."""
    rng = np.random.default_rng(TAGS.index(tag))
    values = 100 + rng.normal(0, 1, len(SECONDS))
    if tag.column == "product_total_t":
        values = values.cumsum()
    return Readings(tag, SECONDS.copy(), values, np.zeros(len(SECONDS), dtype=np.int8))


CLEAN = {tag.tag: build_clean(tag) for tag in TAGS}


class Spoilt:
    """All tags with some faults in them, and what was booked."""

    def __init__(self, seed: int = 5, lasting: Lasting | None = None, **rates: float) -> None:
        readings = [Readings(c.tag, c.seconds.copy(), c.values.copy(), c.quality.copy()) for c in CLEAN.values()]
        given = NONE.model_copy(update=rates)
        self.lasting = lasting or Lasting()
        self.faults = FaultInjector(readings, given, np.random.default_rng(seed), self.lasting).inject()
        self.readings = {reading.tag.tag: reading for reading in readings}
        self.starts = to_seconds(self.faults["start"])
        self.ends = to_seconds(self.faults["end"])

    def differs(self, tag: str) -> np.ndarray:
        """Readings whose value is no longer the clean one; only for faults that keep all readings."""
        return np.asarray(self.readings[tag].values != CLEAN[tag].values)

    def inside(self, row: int) -> np.ndarray:
        """Readings of a booked tag in the booked span."""
        seconds = CLEAN[self.faults["tag"][row]].seconds
        return np.asarray((seconds >= self.starts[row]) & (seconds < self.ends[row]))

    def check_untouched(self, *touched: str) -> None:
        """Every tag but some is as it was."""
        for tag, clean in CLEAN.items():
            if tag not in touched:
                reading = self.readings[tag]
                np.testing.assert_array_equal(reading.values, clean.values)
                np.testing.assert_array_equal(reading.seconds, clean.seconds)
                np.testing.assert_array_equal(reading.quality, clean.quality)


def to_seconds(times: pd.Series) -> np.ndarray:
    return np.asarray((times - pd.Timestamp(0, tz="UTC")) // pd.Timedelta("1s"))


def find_names(*columns: str, roles: tuple[str, ...] = ()) -> list[str]:
    return [tag.tag for tag in TAGS if tag.column in columns or tag.role in roles]


def test_no_rate_does_nothing() -> None:
    spoilt = Spoilt()
    assert len(spoilt.faults) == 0
    assert list(spoilt.faults.columns) == ["kind", "tag", "start", "end", "size"]
    spoilt.check_untouched()


def test_every_rate_is_tried_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in FaultRates.model_fields if f"Spoilt({name}=" not in source] == []


def test_drift_grows_at_its_rate_and_is_taken_back_every_half_year() -> None:
    spoilt = Spoilt(drift_frac_per_year=0.02)
    (fuel,) = find_names(FUEL)
    ratio = spoilt.readings[fuel].values / CLEAN[fuel].values
    years = (SECONDS - START_S) / (365.25 * DAY_S)
    half = 182 / 365.25
    np.testing.assert_allclose(ratio, 1 + 0.02 * (years % half), rtol=1e-9)
    assert list(spoilt.faults["kind"]) == ["drift"] * 3
    assert list(spoilt.faults["size"]) == [0.02] * 3
    assert list((spoilt.ends - spoilt.starts) // DAY_S) == [182, 182, DAYS - 364 - 1]
    assert (spoilt.starts[1:] == spoilt.ends[:-1]).all()
    spoilt.check_untouched(fuel)


def test_unit_mixups_multiply_days_by_the_ratio_of_two_units() -> None:
    spoilt = Spoilt(unit_mixups=1)
    (row,) = spoilt.faults.to_dict("records")
    assert row["kind"] == "unit"
    assert row["size"] == MIXUPS[next(tag.column for tag in TAGS if tag.tag == row["tag"])]
    assert DAY_S <= spoilt.ends[0] - spoilt.starts[0] <= 4 * DAY_S
    inside = spoilt.inside(0)
    ratio = spoilt.readings[row["tag"]].values / CLEAN[row["tag"]].values
    np.testing.assert_allclose(ratio, np.where(inside, row["size"], 1.0))
    spoilt.check_untouched(row["tag"])


def test_unit_mixups_are_as_many_as_asked() -> None:
    assert list(Spoilt(unit_mixups=7).faults["kind"]) == ["unit"] * 7


def test_clipped_driver_shows_nothing_above_its_top() -> None:
    spoilt = Spoilt(clipped_tags=1)
    (row,) = spoilt.faults.to_dict("records")
    assert row["kind"] == "clipped"
    assert row["tag"] in find_names(roles=("driver",))
    assert 10 * DAY_S <= spoilt.ends[0] - spoilt.starts[0] <= 30 * DAY_S
    inside, clean = spoilt.inside(0), CLEAN[row["tag"]].values
    expected = np.where(inside, np.minimum(clean, row["size"]), clean)
    np.testing.assert_array_equal(spoilt.readings[row["tag"]].values, expected)
    assert spoilt.differs(row["tag"]).sum() == pytest.approx(0.1 * inside.sum(), rel=0.05)
    spoilt.check_untouched(row["tag"])


def test_frozen_tags_stand_still_as_often_as_asked() -> None:
    spoilt = Spoilt(frozen_per_month=2)
    expected = 2 * DAYS / 30.4
    assert abs(len(spoilt.faults) - expected) < 3 * np.sqrt(expected)
    assert set(spoilt.faults["kind"]) == {"frozen"}
    names = find_names(roles=("driver", "setpoint", "state"))
    assert set(spoilt.faults["tag"]) <= set(names)
    assert (spoilt.ends - spoilt.starts).min() >= 8 * HOUR_S
    assert (spoilt.ends - spoilt.starts).max() <= 3 * DAY_S
    frozen = {name: np.zeros(len(SECONDS), dtype=bool) for name in CLEAN}
    for row, tag in enumerate(spoilt.faults["tag"]):
        inside = spoilt.inside(row)
        frozen[tag] |= inside
        others = [other for other in spoilt.faults.index[spoilt.faults["tag"] == tag] if other != row]
        if not any((spoilt.inside(other) & inside).any() for other in others):
            assert set(spoilt.readings[tag].values[inside]) == {spoilt.faults["size"][row]}
    for tag, mask in frozen.items():
        assert not spoilt.differs(tag)[~mask].any()
        assert (spoilt.readings[tag].quality == 0).all()


def test_failed_transmitter_sends_an_end_of_its_scale() -> None:
    spoilt = Spoilt(failed_transmitters=9)
    assert list(spoilt.faults["kind"]) == ["range"] * 9
    assert (spoilt.ends - spoilt.starts).min() >= 2 * HOUR_S
    assert (spoilt.ends - spoilt.starts).max() <= DAY_S
    for row, fault in spoilt.faults.iterrows():
        tag = next(tag for tag in TAGS if tag.tag == fault["tag"])
        span = tag.high - tag.low
        assert fault["size"] in (pytest.approx(tag.low - 0.025 * span), pytest.approx(tag.high + 0.0625 * span))
        shown = spoilt.readings[tag.tag].values[spoilt.inside(row)] * tag.factor + tag.offset
        np.testing.assert_allclose(shown, fault["size"])
    spoilt.check_untouched(*spoilt.faults["tag"])


def test_spikes_jump_in_the_share_of_readings_asked() -> None:
    spoilt = Spoilt(spike_frac=0.001)
    used = [tag.tag for tag in TAGS if tag.role != "ignore"]
    expected = 0.001 * len(SECONDS) * len(used)
    assert abs(len(spoilt.faults) - expected) < 4 * np.sqrt(expected)
    assert set(spoilt.faults["kind"]) == {"spike"}
    for tag in used:
        rows = spoilt.faults["tag"] == tag
        hit = spoilt.differs(tag)
        np.testing.assert_array_equal(CLEAN[tag].seconds[hit], spoilt.starts[rows])
        np.testing.assert_array_equal(spoilt.readings[tag].values[hit], spoilt.faults["size"][rows])
        ratio = np.abs(spoilt.readings[tag].values[hit] / CLEAN[tag].values[hit])
        assert ratio.min() >= 1.3
        assert ratio.max() <= 3.0
    spoilt.check_untouched(*used)


def test_calibration_flags_analysers_once_a_day() -> None:
    spoilt = Spoilt(calibration_min_per_day=30)
    names = find_names(*ANALYSERS)
    assert len(names) == len(ANALYSERS)
    for name in names:
        reading, clean = spoilt.readings[name], CLEAN[name]
        hit = reading.quality == UNCERTAIN
        assert (hit.reshape(DAYS, -1).sum(axis=1) == 30 * 60 // STEP_S).all()
        assert set(clean.seconds[hit] % DAY_S // HOUR_S) <= {6, 7, 8, 9}
        np.testing.assert_allclose(reading.values, np.where(hit, 0.1, 1.0) * clean.values)
    spoilt.check_untouched(*names)


def test_totaliser_starts_again_from_nothing() -> None:
    spoilt = Spoilt(totaliser_resets=2)
    (name,) = find_names("product_total_t")
    assert list(spoilt.faults["kind"]) == ["totaliser_reset"] * 2
    assert set(spoilt.faults["tag"]) == {name}
    falls = np.flatnonzero(np.diff(spoilt.readings[name].values) < 0) + 1
    first_after = np.searchsorted(SECONDS, np.sort(spoilt.starts))
    np.testing.assert_array_equal(falls, first_after)
    np.testing.assert_array_equal(spoilt.readings[name].values[falls], [0.0, 0.0])
    spoilt.check_untouched(name)


def test_flow_at_rest_shows_a_little_less_than_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = slice(100, 140)
    for clean in CLEAN.values():
        values = clean.values.copy()
        values[rest] = 0.0
        monkeypatch.setattr(clean, "values", values)
    spoilt = Spoilt(negative_zero=True)
    flows = [tag.tag for tag in TAGS if tag.column.endswith(REGULAR)]
    for name in flows:
        values = spoilt.readings[name].values
        np.testing.assert_allclose(values[rest], -0.002 * CLEAN[name].values.max())
        assert spoilt.differs(name).sum() == 40
    spoilt.check_untouched(*flows)


def test_shifted_clock_puts_readings_an_hour_late() -> None:
    spoilt = Spoilt(clock_shifts=1)
    (row,) = spoilt.faults.to_dict("records")
    assert (row["kind"], row["size"]) == ("clock", HOUR_S)
    assert row["tag"] in find_names(roles=("driver",))
    assert 5 * DAY_S <= spoilt.ends[0] - spoilt.starts[0] <= 20 * DAY_S
    late = spoilt.readings[row["tag"]].seconds - CLEAN[row["tag"]].seconds
    np.testing.assert_array_equal(late, np.where(spoilt.inside(0), HOUR_S, 0))
    assert not spoilt.differs(row["tag"]).any()
    spoilt.check_untouched(row["tag"])


def test_renamed_tag_sends_no_more() -> None:
    spoilt = Spoilt(renamed_tags=1)
    (row,) = spoilt.faults.to_dict("records")
    assert row["kind"] == "vanished"
    assert row["tag"] in find_names(roles=("state",))
    kept = spoilt.readings[row["tag"]]
    assert kept.seconds[-1] < spoilt.starts[0]
    assert len(kept.seconds) == pytest.approx(0.7 * len(SECONDS), abs=2)
    np.testing.assert_array_equal(kept.values, CLEAN[row["tag"]].values[: len(kept.values)])
    spoilt.check_untouched(row["tag"])


def test_renamed_tag_stays_away_in_later_spans_until_none_is_left() -> None:
    lasting = Lasting()
    states = find_names(roles=("state",))
    for span in range(len(states) + 2):
        spoilt = Spoilt(lasting=lasting, seed=span, renamed_tags=1)
        assert len(lasting.vanished) == min(span + 1, len(states))
        silent = {tag for tag in states if len(spoilt.readings[tag].seconds) == 0}
        assert len(silent) == min(span, len(states))
        assert set(spoilt.faults["tag"]) == lasting.vanished
        assert silent <= lasting.vanished


def test_totaliser_that_was_set_back_counts_on_in_the_next_span() -> None:
    (name,) = find_names("product_total_t")
    lasting = Lasting()
    first = Spoilt(lasting=lasting, totaliser_resets=2)
    set_back = CLEAN[name].values[-1] - first.readings[name].values[-1]
    assert lasting.set_back == {name: pytest.approx(set_back)}
    second = Spoilt(lasting=lasting)
    np.testing.assert_allclose(second.readings[name].values, CLEAN[name].values - set_back)
    second.check_untouched(name)


def test_lost_server_is_silent_for_the_share_of_time_asked() -> None:
    spoilt = Spoilt(gap_frac=0.02)
    spans = sorted(set(zip(spoilt.starts, spoilt.ends, strict=True)))
    lost, goal = sum(end - start for start, end in spans), 0.02 * (SECONDS[-1] - SECONDS[0])
    assert goal <= lost < goal + 14 * HOUR_S
    assert all(HOUR_S <= end - start <= 14 * HOUR_S for start, end in spans)
    assert set(spoilt.faults["kind"]) == {"gap"}
    for row, tag in enumerate(spoilt.faults["tag"]):
        reading = spoilt.readings[tag]
        during = (reading.seconds > spoilt.starts[row]) & (reading.seconds < spoilt.ends[row])
        assert not (reading.quality[during] == 0).any()
        at_start = reading.quality[reading.seconds == spoilt.starts[row]]
        assert BAD in at_start or spoilt.inside(row).sum() < 2


def test_tags_of_one_server_are_lost_together() -> None:
    spoilt = Spoilt(gap_frac=0.02)
    names = [tag.tag for tag in TAGS]
    halves = ({*names[::2]}, {*names[1::2]})
    lost = spoilt.faults.groupby("start")["tag"].agg(set)
    assert all(tags <= halves[0] or tags <= halves[1] for tags in lost)
    assert max(len(tags) for tags in lost) >= len(names) // 2


def test_doubtful_readings_are_flagged_in_the_share_asked() -> None:
    spoilt = Spoilt(uncertain_frac=0.01)
    share = np.mean([(spoilt.readings[tag].quality == UNCERTAIN).mean() for tag in CLEAN])
    assert share == pytest.approx(0.01, rel=0.05)
    assert not any(spoilt.differs(tag).any() for tag in CLEAN)


def test_doubled_readings_come_in_the_share_asked() -> None:
    spoilt = Spoilt(duplicate_frac=0.01)
    extra, doubtful = 0, 0
    for tag, clean in CLEAN.items():
        reading = spoilt.readings[tag]
        count = len(clean.seconds)
        np.testing.assert_array_equal(reading.values[:count], clean.values)
        row = np.searchsorted(clean.seconds, reading.seconds[count:])
        np.testing.assert_array_equal(reading.values[count:], clean.values[row])
        extra += len(reading.seconds) - count
        doubtful += int((reading.quality[count:] == UNCERTAIN).sum())
    assert extra == pytest.approx(0.01 * len(SECONDS) * len(CLEAN), rel=0.05)
    assert doubtful / extra == pytest.approx(1 / 3, abs=0.03)


def test_same_draws_give_the_same_faults() -> None:
    rates = {"gap_frac": 0.01, "frozen_per_month": 2, "spike_frac": 0.0001, "duplicate_frac": 0.01}
    first, second, other = Spoilt(1, **rates), Spoilt(1, **rates), Spoilt(2, **rates)
    pd.testing.assert_frame_equal(first.faults, second.faults)
    assert not first.faults.equals(other.faults)
    for tag in CLEAN:
        np.testing.assert_array_equal(first.readings[tag].values, second.readings[tag].values)


def test_all_faults_together_are_booked_in_order() -> None:
    rates = settings.read_settings(Project(ROOT)).simulate.plants["steppe"].faults
    faults = Spoilt(**rates.model_dump()).faults
    assert faults["start"].is_monotonic_increasing
    assert (faults["end"] > faults["start"]).all()
    assert set(faults["tag"]) <= set(CLEAN)
    assert {"gap", "frozen", "spike", "drift", "unit", "clipped", "vanished", "clock"} <= set(faults["kind"])
