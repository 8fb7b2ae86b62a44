"""Readings from an MQTT broker: a message is acknowledged once its readings are in a file, so nothing is lost.

The session is kept by the broker while we are away. A message that was not acknowledged comes again, and what of it is
in a file already is left out.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from elc.errors import ElcError
from elc.listen.intake import Intake
from elc.listen.json_form import read_json
from elc.listen.log import write_log
from elc.listen.model import Delivery, build_reject
from elc.listen.outage import CLOSED, Outage, explain_broker, explain_failure
from elc.listen.sparkplug import Nodes, build_rebirth
from elc.listen.topics import PLANT, TAG, build_filters, match_topic
from elc.settings import MqttSource

QOS = 1
KEEP_ALIVE_S = 30
LONGEST_DELAY_S = 30
REBIRTH_S = 10  # between two requests to one node


class MqttListener:
    """One broker. Messages are read in the thread of paho; `confirm` of a delivery may be called from any.

    `plants` are those that a level {plant} may be; with `is_part`, the broker is asked for theirs alone.
    """

    def __init__(
        self,
        name: str,
        settings: MqttSource,
        intake: Intake,
        *,
        plants: Sequence[str],
        is_part: bool,
        state: Mapping[str, Any] | None,
    ) -> None:
        self.name, self._settings, self._intake = name, settings, intake
        self.plants = (settings.plant,) if settings.plant else tuple(plants)
        self.outage = Outage(name)
        self._filters = build_filters(settings.topics, plants if is_part and not settings.plant else None)
        self._nodes = Nodes(settings.tag, state) if settings.format == "sparkplug" else None
        self._asked: dict[str, float] = {}
        # A number is only good on the connection that it came by: the broker may give it to another message.
        self._connection = 0
        self._is_session_kept = self._is_answered = False
        self._guard = threading.Lock()
        self._client = self._build_client()

    def _build_client(self) -> Any:
        from paho.mqtt.client import Client, MQTTv5, MQTTv311
        from paho.mqtt.enums import CallbackAPIVersion

        settings = self._settings
        is_newest = settings.version == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id or f"elc-{self.name}",
            protocol=MQTTv5 if is_newest else MQTTv311,
            clean_session=None if is_newest else False,
            manual_ack=True,
        )
        user = os.environ.get("ELC_MQTT_USER")
        if user:
            client.username_pw_set(user, os.environ.get("ELC_MQTT_PASSWORD"))
        if settings.is_tls:
            try:
                client.tls_set(ca_certs=settings.certificates)
            except OSError as error:
                raise ElcError(
                    f"params.yaml: listen.mqtt.{self.name}.certificates: {settings.certificates} cannot be read as "
                    f"certificates ({error}). Give a file in PEM form."
                ) from None
        client.reconnect_delay_set(1, LONGEST_DELAY_S)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_connect_fail = self._on_connect_fail
        client.on_subscribe, client.on_message = self._on_subscribe, self._on_message
        return client

    def start(self) -> None:
        """Connect, and go on trying for as long as it takes."""
        settings = self._settings
        given: dict[str, object] = {}
        if settings.version == "5":
            from paho.mqtt.packettypes import PacketTypes
            from paho.mqtt.properties import Properties

            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = int(settings.session_h * 3600)
            properties.ReceiveMaximum = settings.max_unacknowledged
            given = {"clean_start": False, "properties": properties}
        self._client.connect_async(settings.host, settings.port, KEEP_ALIVE_S, **given)
        self._client.loop_start()

    def stop(self) -> None:
        """Send what is confirmed, and end the connection; the broker keeps the session."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:  # noqa: ARG002
        self._is_answered = True
        if reason.is_failure:
            self.outage.begin(explain_broker(str(reason)))
            return
        self._is_session_kept = bool(flags.session_present)
        client.subscribe([(topic, QOS) for topic in self._filters])

    def _on_connect_fail(self, client: Any, data: Any) -> None:  # noqa: ARG002
        error = sys.exc_info()[1]  # paho calls this where it has caught it, and does not pass it on
        where = f"{self._settings.host} port {self._settings.port}"
        key = f"listen.mqtt.{self.name}.certificates"
        found = explain_failure(error or OSError(), certificates=key, is_tls=self._settings.is_tls)
        self.outage.begin(f"{where}: {found}")

    def _on_subscribe(self, client: Any, data: Any, number: int, reasons: Any, properties: Any) -> None:  # noqa: ARG002
        refused = [topic for topic, reason in zip(self._filters, reasons, strict=False) if reason.is_failure]
        if refused:
            topics = ", ".join(refused)
            self.outage.begin(f"the broker refuses {topics}; let this user read them there, then start this again")
            return
        self.outage.end()
        write_log("info", "connected", source=self.name, is_session_kept=self._is_session_kept)

    def _on_disconnect(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:  # noqa: ARG002
        with self._guard:
            self._connection += 1
        is_answered, self._is_answered = self._is_answered, False
        if not reason.is_failure:
            if self.outage.since is None:
                write_log("info", "ended", source=self.name)
        elif self.outage.since is None:
            self.outage.begin(str(reason))
        elif not is_answered:
            self.outage.begin(f"{self._settings.host} port {self._settings.port}: {CLOSED}")

    def _on_message(self, client: Any, data: Any, message: Any) -> None:  # noqa: ARG002
        confirm = self._build_confirm(message.mid) if message.qos else None
        try:
            delivery = self._read(message, confirm)
        except Exception as error:  # a message must never end the thread; it is told, and kept as rejected
            write_log("error", "unreadable", source=self.name, fault=repr(error))
            reject = build_reject(self.name, f"cannot be read: {error!r}", message.payload)
            delivery = Delivery(self._settings.plant or "", (), (reject,), confirm)
        self._intake.put(delivery)

    def _read(self, message: Any, confirm: Callable[[], None] | None) -> Delivery:
        topic = message.topic
        levels = match_topic(topic, self._settings.topics)
        if levels is None:
            reject = build_reject(topic, "topic fits none of listen.mqtt", message.payload)
            return Delivery(self._settings.plant or "", (), (reject,), confirm)
        plant = self._settings.plant or levels[PLANT]
        if plant not in self.plants:
            reject = build_reject(topic, f"plant {plant} is not in params.yaml", message.payload)
            return Delivery("", (), (reject,), confirm)
        if self._nodes is not None:
            return self._read_sparkplug(plant, topic, message, confirm)
        tag = levels.get(TAG) or topic.rpartition("/")[2]
        readings, rejects = read_json(message.payload, tag=tag, codes=self._settings.codes, origin=topic)
        return Delivery(plant, tuple(readings), tuple(rejects), confirm)

    def _read_sparkplug(self, plant: str, topic: str, message: Any, confirm: Callable[[], None] | None) -> Delivery:
        assert self._nodes is not None
        answer = self._nodes.read(topic, message.payload, is_again=message.dup)
        if answer.rebirth:
            self._ask(answer.rebirth)
        state = self._nodes.build_state() if answer.is_changed else None
        counts = {"sequence_gaps": answer.missed} if answer.missed else {}
        return Delivery(plant, answer.readings, answer.rejects, confirm, state, self.name, counts)

    def _ask(self, topic: str) -> None:
        """Ask a node for a new birth, at most once in ten seconds."""
        now = time.monotonic()
        if now - self._asked.get(topic, -REBIRTH_S) >= REBIRTH_S:
            self._asked[topic] = now
            self._client.publish(topic, build_rebirth(), qos=0)
            write_log("info", "rebirth_asked", source=self.name, topic=topic)

    def _build_confirm(self, number: int) -> Callable[[], None]:
        connection = self._connection

        def confirm() -> None:
            with self._guard:
                if connection == self._connection:
                    self._client.ack(number, QOS)

        return confirm
