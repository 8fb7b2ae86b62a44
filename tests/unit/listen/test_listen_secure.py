"""`elc listen` over TLS with a password, and over OPC UA with encryption: the right ones work, wrong ones are told."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from elc.paths import Project
from tests.unit.listen.authority import Authority
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

NEEDS_BROKER = pytest.mark.skipif(
    MOSQUITTO is None or shutil.which("mosquitto_passwd") is None, reason=f"{REASON}, or not with mosquitto_passwd"
)
START_MS = 1_781_956_800_000  # 2026-06-20 12:00 UTC
TAG = "FJ1.FT101"
NAMES = ("ELC_MQTT_USER", "ELC_MQTT_PASSWORD")
SECRETS = dict(zip(NAMES, ("elc", "right"), strict=True))
ACCESS = """allow_anonymous false
password_file {folder}/passwords
certfile {certificate}
keyfile {key}"""


@dataclass
class Secured:
    """Brokers that ask for TLS and a password, and the authority that signed for them."""

    folder: Path
    authority: Authority
    brokers: list[Broker] = field(default_factory=list)

    def start(self, name: str, *, days: int = 10, host: str = "127.0.0.1") -> Broker:
        certificate, key = self.authority.sign(name, days=days, host=host)
        folder = self.folder / f"broker_{name}"
        folder.mkdir()
        subprocess.run(["mosquitto_passwd", "-b", "-c", str(folder / "passwords"), "elc", "right"], check=True)
        made = Broker(folder, access=ACCESS.format(folder=folder, certificate=certificate, key=key))
        made.start()
        self.brokers.append(made)
        return made


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Secured]:
    made = Secured(tmp_path, Authority(tmp_path, "authority"))
    yield made
    for broker in made.brokers:
        broker.stop()


def build_source(secured: Secured, broker: Broker, **source: Any) -> dict[str, Any]:
    given = {"host": "127.0.0.1", "port": broker.port, "is_tls": True, "certificates": str(secured.authority.path)}
    given |= {"topics": ["site/{plant}/{tag}"], **source}
    return {key: value for key, value in given.items() if value is not None}


def read_faults(project: Project) -> dict[str, list[str]]:
    """Read what the log says of each source that was not connected."""
    found: dict[str, list[str]] = {}
    for line in map(json.loads, read_log(project).splitlines()):
        if line["event"] == "not_connected":
            found.setdefault(line["source"], []).append(line["reason"])
    return found


@NEEDS_BROKER
def test_tls_and_a_password_open_the_broker_and_its_absence_is_said(secured: Secured, listeners: Listeners) -> None:
    broker = secured.start("broker")
    project = make_project(secured.folder / "project", mqtt={"site": build_source(secured, broker)})
    first = listeners.start(project, **SECRETS)
    first.terminate()
    assert first.wait(20) == 0
    status = project.listen("fjord") / "status.json"
    publisher = Client(CallbackAPIVersion.VERSION2, client_id="publisher", clean_session=False)
    publisher.tls_set(ca_certs=str(secured.authority.path))
    publisher.username_pw_set("elc", "right")
    publisher.reconnect_delay_set(1, 1)
    publisher.connect("127.0.0.1", broker.port)
    publisher.loop_start()
    # QoS 1: what nobody takes now is kept, first by the broker, then, while there is none, by who sends.
    send(publisher, range(10)).wait_for_publish(10)
    broker.stop()
    listener = listeners.start(project, connections=0, **SECRETS)
    send(publisher, range(10, 20))
    wait_for(lambda: has_fault(status, "nothing listens there"), what="the outage in status.json")
    broker.start()
    wait_for(lambda: read_files(project).num_rows >= 20, what="all readings")
    wait_for(lambda: json.loads(status.read_text())["sources"]["site"]["lost_since"] is None, what="the end of it")
    publisher.disconnect()
    publisher.loop_stop()
    listener.send_signal(signal.SIGTERM)
    assert listener.wait(20) == 0
    assert sorted(str(value) for _, _, value, _ in list_readings(project)) == sorted(str(float(n)) for n in range(20))
    assert "right" not in read_log(project).replace("host and port correct", "")


def send(publisher: Client, numbers: range) -> Any:
    """Send a reading for each number; give the last message."""
    sent = [
        publisher.publish(f"site/fjord/{TAG}", json.dumps({"time": START_MS + number, "value": number}), qos=1)
        for number in numbers
    ]
    return sent[-1]


def has_fault(status: Path, words: str) -> bool:
    source = json.loads(status.read_text())["sources"]["site"] if status.exists() else {"lost_since": None}
    return source["lost_since"] is not None and words in (source["fault"] or "")


@NEEDS_BROKER
@pytest.mark.parametrize("has_password", [True, False])
def test_what_is_wrong_is_told_once_with_what_to_do(
    secured: Secured, listeners: Listeners, *, has_password: bool
) -> None:
    good = secured.start("good")
    if has_password:
        other = Authority(secured.folder, "other")
        cases = {
            "untrusted": (
                {"certificates": str(other.path)},
                "set listen.mqtt.untrusted.certificates to the authority's PEM file",
            ),
            "old": ({"port": secured.start("old", days=-1).port}, "its certificate has expired; renew it there"),
            "strange": (
                {"port": secured.start("strange", host="127.0.0.2").port},
                "its certificate is for another name",
            ),
            "plain": ({"is_tls": False, "certificates": None}, "does this port use TLS (is_tls: true)"),
            "nowhere": ({"host": "no-such-host.invalid"}, "the host name cannot be resolved"),
        }
    else:
        cases = {
            "wrong": ({}, "refuses this user (Not authorized); set ELC_MQTT_USER and ELC_MQTT_PASSWORD"),
            "former": ({"version": "3.1.1"}, "refuses this user ("),
        }
    sources = {name: build_source(secured, good, **changes) for name, (changes, _) in cases.items()}
    project = make_project(secured.folder / "project", mqtt=sources)
    secrets = SECRETS if has_password else SECRETS | {NAMES[1]: "wrong"}
    listener = listeners.start(project, connections=0, **secrets)
    wait_for(lambda: read_faults(project).keys() == cases.keys(), what="the faults")
    time.sleep(1.5)  # another attempt at least
    listener.send_signal(signal.SIGTERM)
    assert listener.wait(20) == 0
    status = json.loads((project.listen("fjord") / "status.json").read_text())
    for name, (_, words) in cases.items():
        (reason,) = read_faults(project)[name]
        assert words in reason
        assert status["sources"][name]["fault"] == reason
