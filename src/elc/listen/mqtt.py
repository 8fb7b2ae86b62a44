"""Readings from an MQTT broker: a message is acknowledged once its readings are in a file, so nothing is lost.

The session is kept by the broker while we are away. A message that was not acknowledged comes again, and what of it is
in a file already is left out.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from elc.connect.mqtt import KEEP_ALIVE_S, build_client
from elc.connect.reasons import CLOSED, explain_broker, explain_failure
from elc.listen.intake import Intake
from elc.listen.json_form import read_json
from elc.listen.log import write_log
from elc.listen.model import SHOWN_CHARACTERS, Delivery, build_reject
from elc.listen.outage import Outage, explain_taken
from elc.listen.reader import MessageReader, ReceivedMessage, Tries
from elc.listen.sparkplug import Nodes, SparkplugForm
from elc.listen.topics import PLANT, TAG, build_filters, match_topic
from elc.settings import MqttSource

QOS = 1
LONGEST_DELAY_S = 30
SHOWN_LEVEL = 100
# Source: MQTT 5.0, 2.4 Reason Code.
TAKEN_OVER = 142
SHORT_S, SHORT_TIMES = 10.0, 3  # connections that end so soon, so often, are ended by somebody


class MqttListener:
    """One broker. The thread of paho takes messages in, another one reads them; any may `confirm` a delivery.

    `identity` is the client id, by which the broker knows the session. `plants` are those that a level {plant} may be;
    with `is_part`, the broker is asked for theirs alone. `tries` knows which messages this process ended over.
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
        identity: str,
        tries: Tries,
    ) -> None:
        self.name, self._settings, self._identity = name, settings, identity
        self.plants = (settings.plant,) if settings.plant else tuple(plants)
        self.outage = Outage(name)
        self._filters = build_filters(settings.topics, plants if is_part and not settings.plant else None)
        # A number is only good on the connection that it came by: the broker may give it to another message.
        self._connection = 0
        self._is_session_kept = self._is_answered = False
        self._connected_s, self._short = 0.0, 0
        self._guard = threading.Lock()
        self._client = self._build_client()
        self._sparkplug = self._build_sparkplug(state or {}) if settings.format == "sparkplug" else None
        self._reader = MessageReader(name, self, intake, tries)

    def _build_client(self) -> Any:
        where = f"listen.mqtt.{self.name}"
        client = build_client(self._settings, identity=self._identity, is_manual=True, where=where)
        client.reconnect_delay_set(1, LONGEST_DELAY_S)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_connect_fail = self._on_connect_fail
        client.on_subscribe, client.on_message = self._on_subscribe, self._on_message
        return client

    def _build_sparkplug(self, state: Mapping[str, Any]) -> SparkplugForm:
        return SparkplugForm(
            self.name,
            Nodes(self._settings.tag, state),
            publish=lambda topic, payload: self._client.publish(topic, payload, qos=0),
            most_unconfirmed=self._settings.max_unacknowledged // 2,
        )

    def start(self) -> None:
        """Connect, and go on trying for as long as it takes."""
        self._reader.start()
        settings = self._settings
        options: dict[str, object] = {}
        if settings.version == "5":
            from paho.mqtt.packettypes import PacketTypes
            from paho.mqtt.properties import Properties

            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = int(settings.session_h * 3600)
            properties.ReceiveMaximum = settings.max_unacknowledged
            options = {"clean_start": False, "properties": properties}
        self._client.connect_async(settings.host, settings.port, KEEP_ALIVE_S, **options)
        self._client.loop_start()

    def stop(self) -> None:
        """Send what is confirmed, and end the connection; the broker keeps the session."""
        self._client.disconnect()
        self._client.loop_stop()
        self._reader.stop()

    def _on_connect(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:  # noqa: ARG002
        self._is_answered = True
        if reason.is_failure:
            self.outage.begin(explain_broker(str(reason)))
            return
        self._is_session_kept, self._connected_s = bool(flags.session_present), time.monotonic()
        client.subscribe([(topic, QOS) for topic in self._filters])

    def _on_connect_fail(self, client: Any, data: Any) -> None:  # noqa: ARG002
        error = sys.exc_info()[1]  # paho calls this where it has caught it, and does not pass it on
        where = f"{self._settings.host} port {self._settings.port}"
        key = f"listen.mqtt.{self.name}.certificates"
        reason = explain_failure(error or OSError(), certificates=key, is_tls=self._settings.is_tls)
        self.outage.begin(f"{where}: {reason}")

    def _on_subscribe(self, client: Any, data: Any, number: int, reasons: Any, properties: Any) -> None:  # noqa: ARG002
        refused = [topic for topic, reason in zip(self._filters, reasons, strict=False) if reason.is_failure]
        if refused:
            topics = ", ".join(refused)
            self.outage.begin(f"the broker refuses {topics}; allow this user to read them, then restart elc listen")
            return
        self.outage.end()
        write_log("info", "connected", source=self.name, is_session_kept=self._is_session_kept)
        if self._sparkplug is not None:
            self._sparkplug.ask_all()

    def _on_disconnect(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:  # noqa: ARG002
        with self._guard:
            self._connection += 1
        is_answered, self._is_answered = self._is_answered, False
        if not reason.is_failure:
            if self.outage.since is None:
                write_log("info", "ended", source=self.name)
        elif self.outage.since is None:
            self.outage.begin(self._explain_end(reason))
        elif not is_answered:
            self.outage.begin(f"{self._settings.host} port {self._settings.port}: {CLOSED}")

    def _explain_end(self, reason: Any) -> str:
        """Explain why the broker ended the connection; not every broker says that it was for another client."""
        lasted_s = time.monotonic() - self._connected_s
        self._short = self._short + 1 if lasted_s < SHORT_S else 0
        if reason.value == TAKEN_OVER:
            return explain_taken(self._identity, self.name)
        if self._short >= SHORT_TIMES:
            often = f"{self._short} connections in a row ended within {SHORT_S:.0f} s"
            return f"{often}, as when another one uses the same client id; {explain_taken(self._identity, self.name)}"
        return str(reason)

    def _on_message(self, client: Any, data: Any, message: Any) -> None:  # noqa: ARG002
        confirm = self._build_confirm(message.mid) if message.qos else None
        self._reader.put(ReceivedMessage(_read_topic(message), message.payload, message.dup, self._connection, confirm))

    def read(self, message: ReceivedMessage) -> Sequence[Delivery]:
        """Read a message: what it brought, and what others that had waited for it did."""
        topic = message.topic
        levels = match_topic(topic, self._settings.topics)
        if levels is None:
            reject = build_reject(topic, "topic matches no filter of listen.mqtt", message.payload)
            return [Delivery(self._settings.plant or "", (), (reject,), message.confirm)]
        plant = self._settings.plant or levels[PLANT]
        if plant not in self.plants:
            reject = build_reject(topic, f"plant {plant[:SHOWN_LEVEL]} is not in params.yaml", message.payload)
            return [Delivery("", (), (reject,), message.confirm)]
        if self._sparkplug is not None:
            return self._sparkplug.read(plant, message)
        tag = levels.get(TAG) or topic.rpartition("/")[2]
        readings, rejects = read_json(message.payload, tag=tag, codes=self._settings.codes, origin=topic)
        return [Delivery(plant, tuple(readings), rejects, message.confirm)]

    def refuse(self, message: ReceivedMessage, reason: str) -> Delivery:
        """Reject a message whole."""
        levels = match_topic(message.topic, self._settings.topics) or {}
        named = self._settings.plant or levels.get(PLANT, "")
        reject = build_reject(message.topic, reason, message.payload[:SHOWN_CHARACTERS])
        plant = named if named in self.plants else ""
        return Delivery(plant, (), (reject,), message.confirm, counts={"rejected_whole": 1})

    def look(self) -> Sequence[Delivery]:
        """Give what has waited long enough."""
        return self._sparkplug.look() if self._sparkplug is not None else []

    def close(self) -> Sequence[Delivery]:
        """Give what waits and would not come again."""
        return self._sparkplug.close() if self._sparkplug is not None else []

    def _build_confirm(self, number: int) -> Callable[[], None]:
        connection = self._connection

        def confirm() -> None:
            with self._guard:
                if connection == self._connection:
                    self._client.ack(number, QOS)

        return confirm


def _read_topic(message: Any) -> str:
    try:
        topic: str = message.topic
    except UnicodeDecodeError:
        return "(no UTF-8)"
    return topic
