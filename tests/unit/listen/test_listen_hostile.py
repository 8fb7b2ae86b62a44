"""A hostile publisher beside an honest one for ten seconds; longer: `python -m benchmarks hostile --seconds 600`."""

from __future__ import annotations

import pytest

from benchmarks.hostile import measure
from tests.unit.listen.broker import MOSQUITTO, REASON


@pytest.mark.skipif(MOSQUITTO is None, reason=REASON)
def test_a_hostile_publisher_costs_an_honest_one_nothing() -> None:
    found = {figure.figure: figure.value for figure in measure(["--seconds", "10"])}
    assert found["json sent"] > 0
    assert found["sparkplug sent"] > 0
    costs = {name: found[name] for name in ("json lost", "sparkplug lost", "doubled", "wrong", "disconnected")}
    assert costs == dict.fromkeys(costs, 0)
    assert found["log"] < 60
