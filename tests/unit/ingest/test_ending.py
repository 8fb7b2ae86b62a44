"""Where an export ends: half an interval, a server that fell silent, a clock that is ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from elc.ingest.ending import find_doubts, find_ending, leave_out_ahead
from elc.ingest.habits import HOUR_US, find_habits
from elc.pages.findings import say_finding
from elc.settings import Tag, TagList

START = pd.Timestamp("2026-06-01", tz="UTC")
HOURS = 48
TAGS = TagList("fjord", tuple(Tag(f"T{n}", f"t{n}_degc", "state", "", 1.0, 0.0, None, None, "") for n in range(6)))
USUAL_US = 55 * 60_000_000.0


def build(*, last_min: float) -> tuple[np.ndarray, np.ndarray]:
    """Build a grid of tags that are read every five minutes, up to a minute of the last hour."""
    has = np.ones((HOURS, len(list(TAGS))), dtype=bool)
    last = np.full(has.shape, USUAL_US)
    last[-1] = last_min * 60_000_000
    return has, last


def tell(has: np.ndarray, last: np.ndarray) -> list[tuple[str, str, str]]:
    habits = find_habits(has, np.where(has, 12.0, np.nan), np.where(has, 5.0, np.nan), HOUR_US)
    found = find_doubts(find_ending(has, last, HOUR_US), habits, TAGS, START, HOUR_US)
    return [(one.check, one.column, say_finding(one)) for one in found]


@pytest.mark.parametrize(("last_min", "read"), [(55, 1.0), (50, 1.0), (25, 0.5), (5, 1 / 6)])
def test_values_hold_to_the_end_of_the_export(last_min: float, read: float) -> None:
    ending = find_ending(*build(last_min=last_min), HOUR_US)
    assert ending.until_us / HOUR_US == pytest.approx(HOURS - 1 + read)


def test_interval_in_part_is_told() -> None:
    assert tell(*build(last_min=55)) == []
    ((check, column, sentence),) = tell(*build(last_min=25))
    assert (check, column) == ("part", "energy_gj_per_h")
    assert sentence.startswith("The last interval is read in part (50%): it changes when the rest arrives")


def test_server_that_fell_silent_is_told_tag_by_tag() -> None:
    has, last = build(last_min=55)
    has[-2:, :3] = False
    found = tell(has, last)
    assert [(check, column) for check, column, _ in found] == [("silent", f"t{n}_degc") for n in range(3)]
    assert found[0][2] == (
        "t0 (T0) has sent no reading since 2026-06-02 21:55 UTC, where others have. It is read all the time, so its "
        "last value stands for no interval without a reading."
    )


def test_tag_that_is_silent_for_longer_than_its_habit_reaches_back_is_not_forgotten() -> None:
    has, last = build(last_min=55)
    for hours in (13, 20):  # the silence would be 3 % of the hours looked back on, and 42 %
        has[-hours:, 0] = False
        ((check, column, _),) = tell(has, last)
        assert (check, column) == ("silent", "t0_degc")


def test_tag_that_is_seldom_read_is_not_silent() -> None:
    has, last = build(last_min=55)
    has[:, 0] = np.arange(HOURS) % 5 == 0
    has[-3:, 0] = False
    assert tell(has, last) == []


def test_export_of_readings_now_and_then_has_no_habit_to_break() -> None:
    has, last = build(last_min=5)
    last[:-1] *= np.random.default_rng(1).uniform(0, 1, (HOURS - 1, 1))
    assert find_ending(has, last, HOUR_US).until_us == HOURS * HOUR_US
    assert tell(has, last) == []


def test_values_of_others_do_not_hold_while_one_tag_is_ahead() -> None:
    has, last = build(last_min=55)
    has[-3:, 1:] = False
    assert find_ending(has, last, HOUR_US).until_us == (HOURS - 3) * HOUR_US
    ((check, column, sentence),) = tell(has, last)
    assert (check, column) == ("silent", "t0_degc")
    assert sentence == "t0 (T0) has readings up to 2026-06-02 23:55 UTC, later than most other tags; check its clock."


def build_partials(ahead_h: float) -> pa.Table:
    rows = [(tag.tag, START + pd.Timedelta(hour, "h")) for tag in TAGS for hour in range(3)]
    rows.append(("T0", START + pd.Timedelta(2 + ahead_h, "h")))
    starts = pa.array([time.tz_localize(None).to_pydatetime() for _, time in rows], pa.timestamp("us"))
    names = pa.array([name for name, _ in rows]).dictionary_encode()
    return pa.table({"tag": names, "start": starts, "readings": pa.array([12] * len(rows))})


def test_readings_of_a_clock_far_ahead_are_left_out_and_told() -> None:
    kept, (found,) = leave_out_ahead(build_partials(400 * 24), TAGS)
    assert kept.num_rows == 18
    assert (found.check, found.column, found.start) == ("ahead", "t0_degc", START + pd.Timedelta("2h"))
    assert (found.values["readings"], found.values["ahead_h"]) == (12.0, 9600.0)
    assert say_finding(found) == (
        "t0 (T0) has 12 readings up to 2027-07-06 02:00 UTC, more than 24 hours later than the other tags end; they "
        "are not used. Check its clock."
    )


def test_readings_a_day_ahead_are_kept() -> None:
    kept, found = leave_out_ahead(build_partials(24), TAGS)
    assert (kept.num_rows, found) == (19, [])
