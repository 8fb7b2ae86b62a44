"""The hostile publisher: messages that break readers, by chance, as fast as it is told."""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from elc.listen.sparkplug import build_payload_class

TIME = "2020-06-20T12:00:00Z"
SITE, SPARK = "site/fjord/x", "spBv1.0/Fjord/{}/evil{}"
Made = tuple[str, bytes]
Maker = Callable[[random.Random, Sequence[str]], Made]


def _build_json(content: object) -> Made:
    return SITE, json.dumps(content).encode()


def _build_deep(chance: random.Random, tags: Sequence[str]) -> Made:  # noqa: ARG001
    depth = chance.choice([200, 1000, 100_000])
    return SITE, b'{"a":' * depth + b"1" + b"}" * depth


def _build_wide(chance: random.Random, tags: Sequence[str]) -> Made:  # noqa: ARG001
    """Build what a gateway whose times lack a zone sends."""
    wide = {f"FT{number}": number for number in range(chance.choice([10, 8000]))}
    return _build_json({"time": chance.choice(["2026-06-20T12:00:00", "noon", 1e300, None, TIME]), **wide})


def _build_text(chance: random.Random, tags: Sequence[str]) -> Made:
    value = chance.choice(["high", True, [1], {"a": 1}, "x" * 10_000, "1e400"])
    return _build_json([{"tag": tag, "time": TIME, "value": value} for tag in tags] * 20)


def _build_quality(chance: random.Random, tags: Sequence[str]) -> Made:
    quality = chance.choice(["GOODBYE", "GOOD" * 10_000, 10**18, -1, None, [], "\u0000", "fine\n"])
    return _build_json([{"tag": tag, "time": TIME, "value": 1, "quality": quality} for tag in tags])


def _build_names(chance: random.Random, tags: Sequence[str]) -> Made:  # noqa: ARG001
    length = chance.choice([1, 1000, 50_000])
    return _build_json({"time": TIME, **{chr(97 + number) * length: number for number in range(20)}})


def _build_times(chance: random.Random, tags: Sequence[str]) -> Made:
    moments = [0, -(2**62), 9e13, "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-06-20T12:00:00+99:00"]
    return _build_json([{"tag": chance.choice(tags), "time": moment, "value": 1} for moment in moments] * 50)


def _build_flat(chance: random.Random, tags: Sequence[str]) -> Made:  # noqa: ARG001
    part = chance.choice([b"[],", b"{},", b"1,", b'"",'])
    return SITE, b"[" + part * chance.choice([1000, 100_000, 1_500_000]) + b"0]"


def _build_long(chance: random.Random, tags: Sequence[str]) -> Made:  # noqa: ARG001
    return chance.choice([SITE, "spBv1.0/Fjord/NDATA/evil"]), b"x" * chance.choice([1 << 20, 9 << 20])


def _build_noise(chance: random.Random, tags: Sequence[str]) -> Made:  # noqa: ARG001
    kind = chance.choice(["NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH", "STATE", "\U0001f4a3"])
    topics = [SITE, "site/nowhere/x", "site/fjord/" + "y" * 5000, SPARK.format(kind, 0), "spBv1.0/Fjord/" + kind]
    return chance.choice(topics), chance.randbytes(chance.choice([0, 1, 50, 5000]))


def _build_node(chance: random.Random, tags: Sequence[str]) -> Made:
    """Build a message of one of many nodes, with aliases, times and numbers at will, often with bytes changed."""
    kind = chance.choice(["NBIRTH", "NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH"])
    message = build_payload_class()(seq=chance.randrange(256))
    if chance.random() < 0.7:
        message.timestamp = chance.choice([0, 2**64 - 1, 1_592_000_000_000])
    if chance.random() < 0.5:
        message.metrics.add(name="bdSeq", datatype=4, long_value=chance.choice([0, 1, 2**64 - 1]))
    for _ in range(chance.choice([0, 1, 5, 500])):
        metric = message.metrics.add(alias=chance.randrange(20), datatype=chance.randrange(40))
        if chance.random() < 0.7:
            metric.name = chance.choice([*tags, "z" * 1000, "Node Control/Rebirth", "{metric}"])
        name, value = chance.choice([("double_value", float("nan")), ("string_value", "s"), ("boolean_value", True)])
        setattr(metric, name, value)
    payload = bytearray(message.SerializeToString())
    for _ in range(chance.choice([0, 0, 1, 20]) if payload else 0):
        payload[chance.randrange(len(payload))] = chance.randrange(256)
    topic = SPARK.format(kind, chance.choice([1, chance.randrange(10_000)])) + ("/unit" if kind[0] == "D" else "")
    return topic, bytes(payload)


MAKERS: tuple[Maker, ...] = (
    _build_deep,
    _build_wide,
    _build_text,
    _build_quality,
    _build_names,
    _build_times,
    _build_flat,
    _build_long,
    *[_build_noise] * 4,
    *[_build_node] * 8,
)


def publish(port: int, seconds: float, rate: float, tags: Sequence[str]) -> dict[str, int]:
    """Publish for some seconds; give how many messages of each kind were sent."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="hostile", clean_session=True)
    client.connect("127.0.0.1", port)
    client.loop_start()
    chance, sent, begin = random.Random(1), Counter[str](), time.monotonic()
    while (lasted := time.monotonic() - begin) < seconds:
        make = chance.choice(MAKERS)
        topic, payload = make(chance, tags)
        client.publish(topic, payload, qos=chance.choice([0, 1]))
        sent[make.__name__] += 1
        time.sleep(max(0.0, sent.total() / rate - lasted))
    client.disconnect()
    client.loop_stop()
    return dict(sent)


def main(words: Sequence[str]) -> None:
    """Publish to a port, for some seconds, so many messages a second, about some tags."""
    sys.stdout.write(json.dumps(publish(int(words[0]), float(words[1]), float(words[2]), words[3:])))
