"""Hours by MQTT: a message in JSON for each, acknowledged by the broker; the newest one is retained."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any

from elc.connect.mqtt import KEEP_ALIVE_S, build_client
from elc.connect.reasons import CLOSED, explain_broker, explain_failure
from elc.publish.hours import Hour
from elc.publish.target import UnwrittenError
from elc.settings import MqttTarget

QOS = 1


class MqttWriter:
    """One broker, connected to for each call."""

    def __init__(self, name: str, settings: MqttTarget, *, timeout_s: float) -> None:
        self._settings, self._timeout_s = settings, timeout_s
        self._key = f"publish.mqtt.{name}"
        self.place = f"{settings.host}:{settings.port} {settings.topic}"

    def write(self, hours: Sequence[Hour], *, newest: Hour) -> None:
        client = self._connect()
        refused: list[str] = []
        client.on_publish = lambda _client, _data, _number, reason, _properties: (
            refused.append(str(reason)) if reason.is_failure else None
        )
        try:
            sent = [client.publish(*self._build_message(hour, is_newest=hour == newest)) for hour in hours]
            self._wait(sent, refused)
        finally:
            client.disconnect()
            client.loop_stop()

    def _build_message(self, hour: Hour, *, is_newest: bool) -> tuple[str, str, int, bool]:
        content = {"plant": hour.plant, "time_utc": hour.start.isoformat(), **hour.values}
        return self._settings.topic.replace("{plant}", hour.plant), json.dumps(content), QOS, is_newest

    def _connect(self) -> Any:
        identity = f"elc-publish-{uuid.uuid4().hex[:12]}"
        client = build_client(self._settings, identity=identity, is_manual=False, where=self._key)
        is_answered = threading.Event()
        answers: list[Any] = []

        def note(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
            answers.append(reason)
            is_answered.set()

        client.on_connect = note
        client.connect_timeout = self._timeout_s
        try:
            client.connect(self._settings.host, self._settings.port, KEEP_ALIVE_S)
        except (OSError, ValueError) as error:
            key = f"{self._key}.certificates"
            reason = explain_failure(error, certificates=key, is_tls=self._settings.is_tls)
            raise UnwrittenError(f"{self._key}: {self.place}: {reason}.") from None
        client.loop_start()
        is_there = is_answered.wait(self._timeout_s)
        if not is_there or answers[0].is_failure:
            client.loop_stop()
            reason = explain_broker(str(answers[0])) if is_there else CLOSED
            raise UnwrittenError(f"{self._key}: {self.place}: {reason}.")
        return client

    def _wait(self, sent: Sequence[Any], refused: Sequence[str]) -> None:
        """Wait until the broker has acknowledged all messages."""
        end = time.monotonic() + self._timeout_s
        for message in sent:
            try:
                message.wait_for_publish(max(0.0, end - time.monotonic()))
            except (RuntimeError, ValueError):  # the connection is gone, or its queue is full
                break
        left = sum(not message.is_published() for message in sent)
        if left:
            raise UnwrittenError(f"{self._key}: {self.place}: {left} of {len(sent)} messages were not acknowledged.")
        if refused:
            raise UnwrittenError(
                f"{self._key}: {self.place}: the broker refused {len(refused)} of {len(sent)} messages ({refused[0]}). "
                "Allow this user to write to the topic."
            )
