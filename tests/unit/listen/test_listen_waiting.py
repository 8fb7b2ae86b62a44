"""What waits for a birth of Sparkplug B is bounded and never lost in silence, and nodes are asked for theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from elc.listen.model import Delivery
from elc.listen.reader import ReceivedMessage
from elc.listen.sparkplug import Nodes, SparkplugForm, build_payload_class
from tests.unit.listen.test_listen_sparkplug import FT1, NODE, build

TIMES = "elc.listen.sparkplug.{}.time.monotonic"
BIRTH = build({"name": "bdSeq", "datatype": 4, "long_value": 4}, FT1, seq=0)


class Clock:
    """A clock that is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        for name in ("form", "waiting"):
            monkeypatch.setattr(TIMES.format(name), lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def make(most_unconfirmed: int = 100) -> tuple[SparkplugForm, list[str]]:
    asked: list[str] = []
    nodes = Nodes("{metric}")
    form = SparkplugForm(
        "spark", nodes, publish=lambda topic, _: asked.append(topic), most_unconfirmed=most_unconfirmed
    )
    send(form, "NBIRTH", BIRTH, connection=0)
    asked.clear()
    return form, asked


def send(
    form: SparkplugForm, kind: str, payload: bytes, *, connection: int = 1, confirm: Callable[[], None] | None = None
) -> Sequence[Delivery]:
    return form.read(
        "fjord", ReceivedMessage(NODE.format(kind), payload, is_again=False, connection=connection, confirm=confirm)
    )


def build_data(seq: int) -> bytes:
    return build({"alias": 1, "double_value": float(seq)}, seq=seq)


def list_values(deliveries: Sequence[Delivery]) -> list[float | None]:
    return [reading.value for delivery in deliveries for reading in delivery.readings]


def list_reasons(deliveries: Sequence[Delivery]) -> list[str]:
    return [reject.reason for delivery in deliveries for reject in delivery.rejects]


def confirm() -> None:
    """Be a receipt."""


def test_what_waited_is_read_and_confirmed_with_the_birth_and_its_number_is_kept() -> None:
    form, asked = make()
    assert send(form, "NDATA", build_data(1), confirm=confirm) == []
    assert asked == ["spBv1.0/Fjord/NCMD/edge"]
    deliveries = send(form, "NBIRTH", BIRTH)
    assert list_values(deliveries) == [1.0, 1.0]  # the birth's own, and what waited
    assert [one.confirm for one in deliveries] == [None, confirm]
    state: Any = deliveries[-1].state
    assert state()["Fjord/edge"]["sequence"] == 0


def test_the_number_that_is_kept_is_the_one_before_what_waits() -> None:
    form, _ = make()
    send(form, "NDATA", build_data(1))
    (delivery,) = send(form, "NDEATH", build({"name": "bdSeq", "long_value": 3}))  # of a former session
    state: Any = delivery.state
    assert state()["Fjord/edge"]["sequence"] == 0


def test_what_waits_too_long_is_rejected_with_what_to_do(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    form, _ = make()
    send(form, "NDATA", build_data(1), confirm=confirm)
    clock.now += 599
    assert form.look() == []
    clock.now += 2
    deliveries = form.look()
    assert [one.confirm for one in deliveries] == [confirm]
    assert "allow this user to publish to spBv1.0/<group>/NCMD/<node>" in list_reasons(deliveries)[0]
    assert '"no_birth"' in capsys.readouterr().err


def test_what_waits_for_receipts_leaves_the_broker_room_for_the_birth() -> None:
    form, _ = make(most_unconfirmed=3)
    found = [send(form, "NDATA", build_data(seq), confirm=confirm) for seq in (1, 2, 3)]
    assert found == [[], [], []]
    assert len(list_reasons(send(form, "NDATA", build_data(4), confirm=confirm))) == 4
    assert form.look() == []


def test_what_waits_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elc.listen.sparkplug.waiting.MOST_BYTES", 10_000)
    form, _ = make()
    found = [list_reasons(send(form, "NDATA", build_data(seq))) for seq in range(1, 20)]
    assert sum(map(len, found)) >= 9


def test_a_stop_tells_what_would_not_come_again() -> None:
    form, _ = make()
    send(form, "NDATA", build_data(1), confirm=confirm)
    send(form, "NDATA", build_data(2))
    reasons = list_reasons(form.close())
    assert len(reasons) == 1
    assert "elc listen was stopped before the next birth" in reasons[0]


def test_all_nodes_are_asked_on_a_new_connection_and_one_that_does_not_answer_less_and_less(clock: Clock) -> None:
    form, asked = make()
    form.ask_all()
    assert asked == ["spBv1.0/Fjord/NCMD/edge"]
    moments = []
    for second in range(2000):
        clock.now = 1000.0 + second
        form.ask("spBv1.0/Fjord/NCMD/edge")
        if len(asked) > len(moments) + 1:
            moments.append(second)
    assert moments == [10, 30, 70, 150, 310, 610, 910, 1210, 1510, 1810]
    clock.now += 5000
    form.ask("spBv1.0/Fjord/NCMD/edge")
    clock.now += 10
    asked.clear()
    form.ask("spBv1.0/Fjord/NCMD/edge")
    assert len(asked) == 1


def test_a_request_is_one_that_nodes_know() -> None:
    sent: list[bytes] = []
    form = SparkplugForm(
        "spark", Nodes("{metric}"), publish=lambda _, payload: sent.append(payload), most_unconfirmed=1
    )
    form.ask("spBv1.0/Fjord/NCMD/edge")
    command = build_payload_class().FromString(sent[0])
    assert [(one.name, one.boolean_value) for one in command.metrics] == [("Node Control/Rebirth", True)]
