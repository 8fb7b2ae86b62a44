"""`elc listen` against a real Mosquitto: nothing lost and nothing doubled, whoever is stopped or killed in between."""

from __future__ import annotations

import json
import signal
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
    assert status["sources"]["site"].keys() == {"lost_since", "fault"}
    lines = [json.loads(line) for line in (project.listen("fjord") / "rejected.jsonl").read_text().splitlines()]
    assert lines[0]["content"] == "{broken"
    assert lines[1]["reason"] == "value 'high' is no number"
    assert "plant nowhere is not in params.yaml" in (project.listen("") / "rejected.jsonl").read_text()
    assert '"unknown_tag"' in read_log(project)
    assert "another process listens to site already" in read_log(project)


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
    birth = build_payload_class()(timestamp=START_MS + 1, seq=0)
    birth.metrics.add(name=TAG, alias=7, datatype=10, double_value=2.5)
    publisher.send("spBv1.0/Fjord/NBIRTH/edge", birth.SerializeToString())
    wait_for(lambda: has_readings(project, 1), what="the birth")
    listener.kill()  # the aliases outlive it
    listener.wait()
    data.timestamp, data.seq = START_MS + 2, 1
    publisher.send("spBv1.0/Fjord/NDATA/edge", data.SerializeToString())
    listener = listeners.start(project, connections=0)
    wait_for(lambda: has_readings(project, 2), what="the data under the former birth")
    listener.terminate()
    assert listener.wait(20) == 0
    values = [(time_us - START_MS * 1000, value) for _, time_us, value, _ in list_readings(project)]
    assert values == [(1000, 2.5), (2000, 1.5)]
