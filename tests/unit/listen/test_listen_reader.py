"""The thread that reads messages: each is tried twice, what waits is bounded, and none that is owed is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from elc.listen.identity import find_identity
from elc.listen.intake import Intake, IntakeLimits
from elc.listen.model import Delivery, Reading
from elc.listen.opcua_form import read_looks
from elc.listen.reader import MessageReader, ReceivedMessage, Tries
from elc.paths import Project


class Slow:
    """A form that reads nothing until it may, and that fails over what is called wrong."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.tried: list[bytes] = []

    def read(self, message: ReceivedMessage) -> Sequence[Delivery]:
        self.may.wait(20)
        self.tried.append(message.payload)
        if message.payload == b"wrong":
            raise MemoryError("too much")
        return [Delivery("fjord", (Reading(message.topic, 1, 1.0, "GOOD"),), confirm=message.confirm)]

    def refuse(self, message: ReceivedMessage, reason: str) -> Delivery:
        return Delivery(reason, (), confirm=message.confirm)

    def look(self) -> Sequence[Delivery]:
        return []

    def close(self) -> Sequence[Delivery]:
        return [Delivery("closed", ())]


def build_message(payload: bytes, confirm: Callable[[], None] | None = None) -> ReceivedMessage:
    return ReceivedMessage("site/fjord/x", payload, is_again=False, connection=0, confirm=confirm)


@pytest.fixture
def form() -> Slow:
    return Slow()


@pytest.fixture
def intake() -> Intake:
    return Intake(IntakeLimits(1000, 1000))


def test_what_cannot_be_read_is_tried_twice_and_said_once(
    form: Slow, intake: Intake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = MessageReader("said_once", form, intake, Tries(tmp_path / "trying"))
    reader.start()
    form.may.set()
    for payload in (b"good", b"wrong", b"wrong", b"good"):
        reader.put(build_message(payload))
    reader.stop()
    assert form.tried == [b"good", *[b"wrong"] * 4, b"good"]
    refused = "cannot be read: MemoryError('too much')"
    assert [one.plant for one in intake.take()] == ["fjord", refused, refused, "fjord", "closed"]
    assert capsys.readouterr().err.count('"rejected_whole"') == 1


def test_what_waits_is_bounded_and_only_what_nobody_sends_again_is_lost(
    form: Slow, intake: Intake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("elc.listen.reader.MOST_WAITING_BYTES", 10_000)
    monkeypatch.setattr("elc.listen.reader.LONGEST_WAIT_S", 0.1)
    reader = MessageReader("bounded", form, intake, Tries(tmp_path / "trying"))
    reader.start()
    for _ in range(30):
        reader.put(build_message(b"x" * 500))
    owed = [build_message(b"y", confirm=lambda: None) for _ in range(3)]
    for message in owed:
        reader.put(message)
    assert 19 <= intake.lost <= 20
    form.may.set()
    for _ in range(100):
        if len(form.tried) == 30 - intake.lost + 3:
            break
        threading.Event().wait(0.1)
    reader.stop()
    assert form.tried.count(b"y") == 3
    assert capsys.readouterr().err.count('"lost"') == 1


def test_a_stop_reads_what_nobody_sends_again_and_leaves_the_rest_to_the_broker(
    form: Slow, intake: Intake, tmp_path: Path
) -> None:
    reader = MessageReader("stop", form, intake, Tries(tmp_path / "trying"))
    reader.start()
    reader.put(build_message(b"first"))
    reader.put(build_message(b"owed", confirm=lambda: None))
    reader.put(build_message(b"last"))
    stopping = threading.Thread(target=reader.stop)
    stopping.start()
    while not reader.is_stopping:
        threading.Event().wait(0.01)
    form.may.set()
    stopping.join(20)
    assert form.tried == [b"first", b"last"]


def test_only_the_message_over_which_the_process_ended_is_suspected(tmp_path: Path) -> None:
    path = tmp_path / "trying"
    for _ in range(2):
        tries = Tries(path)  # and never ended: the process was killed
        assert tries.begin(b"innocent")
        tries.end()
        assert tries.begin(b"deadly")
    tries = Tries(path)
    assert tries.begin(b"innocent")
    assert not tries.begin(b"deadly")
    assert Tries(path).begin(b"another")


@pytest.mark.parametrize("content", [b"", b"abc", b"abc x\n", b"abc 99\n", b"\xff" * 200, b"abc 2 3"])
def test_a_record_of_tries_of_another_shape_suspects_nobody(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "trying"
    path.write_bytes(content)
    assert Tries(path).begin(b"abc")


def test_each_project_has_a_client_id_of_its_own_that_stays(tmp_path: Path) -> None:
    one, other = Project(tmp_path / "one"), Project(tmp_path / "other")
    found = find_identity(one, "site")
    assert found.startswith("elc-site-")
    assert find_identity(one, "site") == found
    assert find_identity(other, "site") != found
    assert find_identity(one, "dcs") != found
    (one.listen("") / "source.site.id").write_bytes(b"\xff broken")
    again = find_identity(one, "site")
    assert again.startswith("elc-site-")
    assert find_identity(one, "site") == again


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, (0, {})),
        ({"looked_us": "x", "last": [1]}, (0, {})),
        ({"looked_us": -5, "last": {"A": "x", "B": 10**30, "C": 5, "D": True}}, (0, {"C": 5})),
        ({"looked_us": 7, "last": {"A": 6}}, (7, {"A": 6})),
    ],
)
def test_what_is_known_of_a_server_is_used_where_it_is_a_time(
    state: dict[str, object], expected: tuple[int, dict[str, int]]
) -> None:
    assert read_looks(state) == expected
