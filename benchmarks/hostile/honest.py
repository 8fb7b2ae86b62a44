"""The honest publisher: JSON at QoS 1, and a node of Sparkplug B at QoS 0 that answers requests for its birth."""

from __future__ import annotations

import json
import sys
import time
import zlib
from collections.abc import Sequence
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from elc.listen.sparkplug import build_payload_class

START_MS = 1_781_956_800_000  # 2026-06-20 12:00 UTC
SPARK_MS = 10**9  # after the start
PAUSE_S, EACH = 0.1, 10
LIVES_ON = 100  # pauses, in which requests for a birth are answered


def build_value(tag: str, number: int) -> float:
    """Build the value of a tag at a moment; under another tag it is wrong."""
    return float(zlib.crc32(tag.encode()) % 1000 * 1000 + number % 1000)


def publish(port: int, seconds: float, tags: Sequence[str]) -> dict[str, int]:
    """Publish for some seconds; give how many readings were sent."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="honest", clean_session=False)
    client.max_queued_messages_set(0)
    asked = [True]
    client.on_message = lambda _client, _data, _message: asked.append(True)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe("spBv1.0/Fjord/NCMD/honest", 1)
    sent, seq, end, left = {"json": 0, "sparkplug": 0}, 0, time.monotonic() + seconds, LIVES_ON
    last = None
    while left:
        if asked:
            asked.clear()
            seq = 0
            client.publish("spBv1.0/Fjord/NBIRTH/honest", _build_birth(tags))
        if time.monotonic() < end:
            batch = [_build(tags, sent["json"] + place) for place in range(EACH)]
            last = client.publish("site/fjord/all", json.dumps(batch), qos=1)
            seq = (seq + 1) % 256
            client.publish("spBv1.0/Fjord/NDATA/honest", _build_data(tags, sent["sparkplug"], seq))
            sent = {name: count + EACH for name, count in sent.items()}
        else:
            left -= 1
        time.sleep(PAUSE_S)
    if last is not None:
        last.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()
    return sent


def _build(tags: Sequence[str], number: int) -> dict[str, Any]:
    tag = tags[number % len(tags)]
    return {"tag": tag, "time": START_MS + number, "value": build_value(tag, number)}


def _build_birth(tags: Sequence[str]) -> bytes:
    birth = build_payload_class()(timestamp=START_MS - 1, seq=0)
    birth.metrics.add(name="bdSeq", datatype=4, long_value=7)
    for alias, tag in enumerate(tags):
        birth.metrics.add(name=tag, alias=alias, datatype=10, is_null=True)
    found: bytes = birth.SerializeToString()
    return found


def _build_data(tags: Sequence[str], first: int, seq: int) -> bytes:
    data = build_payload_class()(timestamp=START_MS, seq=seq)
    for number in range(first, first + EACH):
        alias, at = number % len(tags), SPARK_MS + number
        data.metrics.add(alias=alias, timestamp=START_MS + at, double_value=build_value(tags[alias], at))
    found: bytes = data.SerializeToString()
    return found


def main(words: Sequence[str]) -> None:
    """Publish to a port, for some seconds, readings of some tags."""
    sys.stdout.write(json.dumps(publish(int(words[0]), float(words[1]), words[2:])))
