"""Values stamped at the other end of their interval: said, never moved."""

from __future__ import annotations

import numpy as np
import pytest

from elc.pages.findings import say_findings
from tests.unit.quality.conftest import Made

GAS, STEAM, LOAD = "gas_energy_gj_per_h", "steam_energy_gj_per_h", "load_t_per_h"


def read_once(made: Made, *columns: str) -> None:
    for column in columns:
        made.traces.readings[column] = 1.0


def shift(made: Made, column: str, hours: int) -> None:
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame[column] = frame[column].shift(hours).bfill().ffill()


def find_stamps(made: Made) -> list[tuple[str, str]]:
    findings = made.check()[1]
    found = findings[findings["check"] == "stamps"]
    return list(zip(found["column"], say_findings(found), strict=True))


def tell_stamps(made: Made, stamps: str) -> None:
    made.tell_plant(export=made.settings.plant.export.model_copy(update={"stamps": stamps}))


def test_an_energy_one_interval_late_is_said_and_stays_in_use(made: Made) -> None:
    read_once(made, GAS, STEAM)
    shift(made, GAS, 1)
    ((column, sentence),) = find_stamps(made)
    assert column == GAS
    assert "follows the throughput by one interval" in sentence
    assert sentence.endswith("set export.stamps to end.")
    assert made.check()[0][GAS].notna().all()


def test_an_energy_one_interval_early_is_said_where_ends_were_told(made: Made) -> None:
    read_once(made, GAS)
    shift(made, GAS, -1)
    assert find_stamps(made) == []
    tell_stamps(made, "end")
    assert [column for column, _ in find_stamps(made)] == [GAS]
    assert "set export.stamps to start" in find_stamps(made)[0][1]


@pytest.mark.parametrize("stamps", ["start", "end"])
def test_what_moves_with_the_throughput_is_not_accused(made: Made, stamps: str) -> None:
    read_once(made, GAS, STEAM, LOAD)
    tell_stamps(made, stamps)
    assert find_stamps(made) == []


def test_a_tag_read_more_often_is_not_accused(made: Made) -> None:
    shift(made, GAS, 1)
    assert find_stamps(made) == []


def test_an_energy_that_has_nothing_to_do_with_the_throughput_is_not_accused(made: Made) -> None:
    read_once(made, GAS)
    values = np.random.default_rng(1).normal(1600, 20, len(made.hourly))
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame[GAS] = values
    assert find_stamps(made) == []


def test_a_few_days_tell_nothing(made: Made) -> None:
    read_once(made, GAS)
    shift(made, GAS, 1)
    assert find_stamps(made.first(4 * 24)) == []
