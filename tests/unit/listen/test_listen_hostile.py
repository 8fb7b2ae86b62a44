"""A hostile publisher beside an honest one for ten seconds; longer: `python -m benchmarks hostile --seconds 600`."""

from __future__ import annotations

import pytest

from benchmarks.hostile import measure
from benchmarks.hostile.honest import EACH
from tests.unit.listen.broker import MOSQUITTO, REASON


@pytest.mark.skipif(MOSQUITTO is None, reason=REASON)
@pytest.mark.long(reason="floods a broker, and an honest publisher waits for each of its messages")
def test_a_hostile_publisher_costs_an_honest_one_nothing() -> None:
    found = {figure.figure: figure.value for figure in measure(["--seconds", "10"])}
    assert found["json sent"] > 0
    assert found["sparkplug sent"] > 0
    costs = {name: found[name] for name in ("json lost", "doubled", "wrong", "disconnected")}
    assert costs == dict.fromkeys(costs, 0)
    # At QoS 0 nobody has the message that the broker had sent when the listener was stopped in the middle.
    assert found["sparkplug lost"] in (0, EACH)
    assert found["log"] < 60
