"""`elc listen` against a real Mosquitto: nothing lost and nothing doubled, whoever is stopped or killed in between."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from elc.listen.sparkplug import build_payload_class
from elc.paths import Project
from tests.unit.listen.broker import (
    MOSQUITTO,
    REASON,
    Broker,
    Listeners,
    list_readings,
    make_project,
    read_files,
    read_log,
    wait_for,
)

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason=REASON)
START_MS = 1_781_956_800_000  # 2026-06-20 12:00 UTC
TAG = "FJ1.FT101"


class Publisher:
    """A publisher with QoS 1 that keeps what the broker has not taken yet."""

    def __init__(self, port: int) -> None:
        self.client = Client(CallbackAPIVersion.VERSION2, client_id="publisher", clean_session=False)
        self.client.max_queued_messages_set(0)
        self.client.max_inflight_messages_set(500)
        self.client.reconnect_delay_set(1, 1)
        self.asked: list[bytes] = []
        self.client.on_message = lambda _client, _data, message: self.asked.append(message.payload)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def send(self, topic: str, content: object) -> Any:
        payload = content if isinstance(content, bytes) else json.dumps(content)
        return self.client.publish(topic, payload, qos=1)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def publisher(broker: Broker) -> Iterator[Publisher]:
    made = Publisher(broker.port)
    yield made
    made.stop()


def make(tmp_path: Path, broker: Broker, **source: Any) -> Project:
    given = {"topics": ["site/{plant}/{tag}"], "host": "127.0.0.1", "port": broker.port, **source}
    return make_project(tmp_path / "project", mqtt={"site": given})


def has_readings(project: Project, count: int) -> bool:
    return read_files(project).num_rows >= count


def test_nothing_is_lost_or_doubled_over_two_broker_restarts_and_a_kill(
    tmp_path: Path, broker: Broker, publisher: Publisher, listeners: Listeners
) -> None:
    project = make(tmp_path, broker)
    listener = listeners.start(project)
    messages, each = 200, 100
    for number in range(messages):
        readings = [
            {"tag": TAG, "time": START_MS + (number * each + place) * 50, "value": number + place / each}
            for place in range(each)
        ]
        publisher.send("site/fjord/x", readings)
        if number in (50, 150):
            broker.stop()
            broker.start()
        if number == 100:
            wait_for(lambda: has_readings(project, 1), what="a file")
            listener.kill()
            listener.wait()
            listener = listeners.start(project, connections=0)
        time.sleep(0.002)
    wait_for(lambda: has_readings(project, messages * each), what="all readings")
    listener.send_signal(signal.SIGTERM)
    assert listener.wait(20) == 0
    found = Counter(time_us for _, time_us, _, _ in list_readings(project))
    assert found == Counter((START_MS + step * 50) * 1000 for step in range(messages * each))
    assert '"disconnected"' in read_log(project)


def test_what_is_sent_while_nobody_listens_comes_later(
    tmp_path: Path, broker: Broker, publisher: Publisher, listeners: Listeners
) -> None:
    project = make(tmp_path, broker)
    listener = listeners.start(project)
    listener.terminate()
    assert listener.wait(20) == 0
    for number in range(3):
        publisher.send(f"site/fjord/{TAG}", {"time": START_MS + number, "value": number}).wait_for_publish(10)
    listener = listeners.start(project, connections=2)
    wait_for(lambda: has_readings(project, 3), what="what was sent in between")
    listener.terminate()
    assert listener.wait(20) == 0
    assert list_readings(project) == [(TAG, (START_MS + number) * 1000, float(number), "GOOD") for number in range(3)]


def test_what_cannot_be_read_is_told_and_stops_nothing(
    tmp_path: Path, broker: Broker, publisher: Publisher, listeners: Listeners
) -> None:
    project = make(tmp_path, broker)
    listener = listeners.start(project)
    second = listeners.start(project, connections=0)
    publisher.send(f"site/fjord/{TAG}", b"{broken")
    publisher.send(f"site/fjord/{TAG}", {"time": START_MS, "value": "high"})
    publisher.send("site/fjord/NOT.LISTED", {"time": START_MS, "value": 1})
    publisher.send("site/nowhere/x", {"time": START_MS, "value": 1})
    publisher.send(f"site/fjord/{TAG}", {"time": START_MS, "value": 7})
    wait_for(lambda: has_readings(project, 1), what="the one good reading")
    assert second.wait(20) == 1
    listener.terminate()
    assert listener.wait(20) == 0
    status = json.loads((project.listen("fjord") / "status.json").read_text())
    assert (status["readings"], status["rejected"], status["unknown_tags"]) == (1, 2, {"NOT.LISTED": 1})
    assert status["last_reading"] == "2026-06-20T12:00:00+00:00"
    assert status["sources"]["site"].keys() == {"lost_since", "fault", "last_lost", "last_fault"}
    assert (status["rejected_whole"], status["strange_messages"]) == (0, 1)
    lines = [json.loads(line) for line in (project.listen("fjord") / "rejected.jsonl").read_text().splitlines()]
    assert lines[0]["content"] == "{broken"
    assert lines[1]["reason"] == "value 'high' is not a number"
    assert "plant nowhere is not in params.yaml" in (project.listen("") / "rejected.jsonl").read_text()
    assert '"unknown_tag"' in read_log(project)
    assert "another process already listens to site" in read_log(project)


def test_a_sparkplug_node_that_is_not_known_is_asked_for_its_birth(
    tmp_path: Path, broker: Broker, publisher: Publisher, listeners: Listeners
) -> None:
    project = make(tmp_path, broker, topics=["spBv1.0/Fjord/#"], plant="fjord", format="sparkplug")
    publisher.client.subscribe("spBv1.0/Fjord/NCMD/edge")
    listener = listeners.start(project)
    data = build_payload_class()(timestamp=START_MS, seq=5)
    data.metrics.add(alias=7, double_value=1.5)
    publisher.send("spBv1.0/Fjord/NDATA/edge", data.SerializeToString())
    wait_for(lambda: publisher.asked, what="the request for a birth")
    asked = build_payload_class().FromString(publisher.asked[0])
    assert [(one.name, one.boolean_value) for one in asked.metrics] == [("Node Control/Rebirth", True)]
    # Data that is not confirmed before the kill would come again, and find the birth known.
    wait_for((project.listen("fjord") / "rejected.jsonl").exists, what="the data, which nothing names")
    publisher.send("spBv1.0/Fjord/NBIRTH/edge", build_birth(TAG, 2.5, START_MS + 1))
    wait_for(lambda: has_readings(project, 1), what="the birth")
    listener.kill()
    listener.wait()
    data.timestamp, data.seq = START_MS + 2, 1
    publisher.send("spBv1.0/Fjord/NDATA/edge", data.SerializeToString())
    publisher.asked.clear()
    listener = listeners.start(project, connections=2)
    wait_for(lambda: publisher.asked, what="the request for a birth on the new connection")
    time.sleep(0.5)
    assert read_files(project).num_rows == 1  # the data waits
    publisher.send("spBv1.0/Fjord/NBIRTH/edge", build_birth(TAG, 2.75, START_MS + 3))
    wait_for(lambda: has_readings(project, 3), what="the data, by aliases that hold again")
    listener.terminate()
    assert listener.wait(20) == 0
    values = [(time_us - START_MS * 1000, value) for _, time_us, value, _ in list_readings(project)]
    assert values == [(1000, 2.5), (2000, 1.5), (3000, 2.75)]


def build_birth(tag: str, value: float, time_ms: int, session: int = 4) -> bytes:
    birth = build_payload_class()(timestamp=time_ms, seq=0)
    birth.metrics.add(name="bdSeq", datatype=4, long_value=session)
    birth.metrics.add(name=tag, alias=7, datatype=10, double_value=value)
    found: bytes = birth.SerializeToString()
    return found


def test_a_node_that_was_reborn_while_nobody_listened_brings_nothing_under_wrong_tags(
    tmp_path: Path, broker: Broker, publisher: Publisher, listeners: Listeners
) -> None:
    project = make(tmp_path, broker, topics=["spBv1.0/Fjord/#"], plant="fjord", format="sparkplug")
    publisher.client.subscribe("spBv1.0/Fjord/NCMD/edge")
    listener = listeners.start(project)
    publisher.send("spBv1.0/Fjord/NBIRTH/edge", build_birth(TAG, 48.0, START_MS))
    wait_for(lambda: has_readings(project, 1), what="the birth")
    listener.terminate()
    assert listener.wait(20) == 0
    # A birth at QoS 0 is not kept by the broker; the data after it is, at QoS 1.
    data = build_payload_class()(timestamp=START_MS + 1, seq=1)
    data.metrics.add(alias=7, double_value=91.0)
    publisher.send("spBv1.0/Fjord/NDATA/edge", data.SerializeToString()).wait_for_publish(10)
    listener = listeners.start(project, connections=2)
    wait_for(lambda: publisher.asked, what="the request for a birth")
    publisher.send("spBv1.0/Fjord/NBIRTH/edge", build_birth("FJ1.PI112", 92.0, START_MS + 2, session=5))
    wait_for(lambda: has_readings(project, 2), what="the second birth")
    listener.terminate()
    assert listener.wait(20) == 0
    assert [(tag, value) for tag, _, value, _ in list_readings(project)] == [("FJ1.FT101", 48.0), ("FJ1.PI112", 92.0)]
    assert "its node has reassigned it since it was sent" in (project.listen("fjord") / "rejected.jsonl").read_text()
    status = json.loads((project.listen("fjord") / "status.json").read_text())
    assert (status["rejected"], status["sources"]["site"]["fault"]) == (1, None)


def test_the_message_of_a_gateway_without_zones_costs_neither_connection_nor_neighbours(
    tmp_path: Path, broker: Broker, publisher: Publisher, listeners: Listeners
) -> None:
    project = make(tmp_path, broker)
    listener = listeners.start(project)
    wide = {"time": "2026-06-20T12:00:00", **{f"FT{number}": number for number in range(8000)}}
    deep = b"[" * 2000 + b"]" * 2000
    for number in range(2):
        publisher.send("site/fjord/x", wide)
        publisher.send("site/fjord/x", deep)
        publisher.send("site/fjord/x", b"[" + b"[]," * 400_000 + b"[]]")
        publisher.send("site/fjord/x", b"x" * (8 << 20) + b"x")
        publisher.send(f"site/fjord/{TAG}", {"time": START_MS + number, "value": number})
    wait_for(lambda: has_readings(project, 2), what="the neighbours", seconds=120)
    listener.terminate()
    assert listener.wait(20) == 0
    assert '"disconnected"' not in read_log(project)
    status = json.loads((project.listen("fjord") / "status.json").read_text())
    assert (status["readings"], status["doubled"], status["rejected_whole"]) == (2, 0, 2)
    assert status["rejected"] == 2 * (8000 + 1 + 400_001 + 1)
    assert read_log(project).count('"rejected_whole"') == 1 + read_log(project).count('"counts"')
    size = sum(path.stat().st_size for path in project.listen("fjord").glob("rejected*"))
    assert size < 1 << 20


DEADLY = """
import os
import elc.listen.mqtt as mqtt
real = mqtt.read_json
def read(payload, **words):
    if payload == b'"deadly"':
        os.abort()
    return real(payload, **words)
mqtt.read_json = read
"""


def test_a_message_that_ends_the_process_twice_is_rejected_whole(
    tmp_path: Path, broker: Broker, publisher: Publisher, listeners: Listeners
) -> None:
    project = make(tmp_path, broker)
    for number in range(2):
        listener = listeners.start(project, connections=1 - number, before=DEADLY)
        if number == 0:
            publisher.send(f"site/fjord/{TAG}", b'"deadly"')
            publisher.send(f"site/fjord/{TAG}", {"time": START_MS, "value": 7})
        assert listener.wait(20) == -signal.SIGABRT
    listener = listeners.start(project, connections=0, before=DEADLY)
    wait_for(lambda: has_readings(project, 1), what="the message behind it")
    listener.terminate()
    assert listener.wait(20) == 0
    status = json.loads((project.listen("fjord") / "status.json").read_text())
    assert (status["readings"], status["rejected"], status["rejected_whole"]) == (1, 1, 1)
    assert "elc listen ended 2 times while reading it" in (project.listen("fjord") / "rejected.jsonl").read_text()
    assert '"rejected_whole"' in read_log(project)


def test_two_projects_of_one_params_yaml_take_nothing_from_each_other(
    tmp_path: Path, broker: Broker, publisher: Publisher, listeners: Listeners
) -> None:
    projects = [make(tmp_path / name, broker) for name in ("one", "other")]
    for project in projects:
        listeners.start(project)
    for number in range(50):
        publisher.send(f"site/fjord/{TAG}", {"time": START_MS + number, "value": number})
    for project in projects:
        wait_for(lambda project=project: has_readings(project, 50), what="all readings")
        assert '"disconnected"' not in read_log(project)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_session_that_is_taken_over_is_told_where_the_broker_does_not_say_it(
    tmp_path: Path, broker: Broker, listeners: Listeners, version: str
) -> None:
    project = make(tmp_path / "one", broker, version=version)
    listener = listeners.start(project)
    copied = Project(shutil.copytree(project.root, tmp_path / "copied"))  # with its data: so with its client id
    listeners.start(copied, connections=2)
    identity = (project.listen("") / "source.site.id").read_text().strip()
    words = f"session taken over: another client connected as {identity}"
    wait_for(lambda: words in read_log(project), what="the reason in the log")
    status = project.listen("fjord") / "status.json"
    wait_for(lambda: words in str(json.loads(status.read_text())["sources"]["site"]), what="the reason in the status")
    assert "remove data/listen/source.site.id in the copy" in read_log(project)
    listener.terminate()
    listener.wait(20)


def end_session(server: socket.socket) -> None:
    """Be a broker that takes one subscription, and then ends the session for another client: MQTT 5.0, 3.14."""
    with server.accept()[0] as connection:
        connection.recv(1000)
        connection.sendall(bytes.fromhex("2003000000"))
        number = connection.recv(1000)[2:4]
        connection.sendall(b"\x90\x04" + number + b"\x00\x01")
        connection.sendall(bytes.fromhex("e0028e00"))


def test_a_session_that_is_taken_over_is_said_by_name(tmp_path: Path, listeners: Listeners) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = {"topics": ["site/{plant}/{tag}"], "host": "127.0.0.1", "port": server.getsockname()[1]}
        project = make_project(tmp_path / "project", mqtt={"site": {**source, "client_id": "plant-4"}})
        thread = threading.Thread(target=end_session, args=(server,))
        thread.start()
        listener = listeners.start(project)
        thread.join()
        words = "session taken over: another client connected as plant-4, and each takes messages from the other"
        wait_for(lambda: words in read_log(project), what="the reason")
        listener.terminate()
        assert listener.wait(20) == 0
