"""A client of an MQTT broker, with the user, TLS and version that the environment and params.yaml give."""

from __future__ import annotations

import os
from typing import Any

from elc.errors import ElcError
from elc.settings import MqttBroker

KEEP_ALIVE_S = 30


def build_client(settings: MqttBroker, *, identity: str, is_manual: bool, where: str) -> Any:
    """Build a client of paho; of version 3.1.1 the broker keeps its session where it acknowledges by hand.

    Args:
        settings: of the broker; user and password are `ELC_MQTT_USER` and `ELC_MQTT_PASSWORD`.
        identity: the client id.
        is_manual: whether what comes is acknowledged by hand, once it is kept.
        where: the key of params.yaml under which the broker is.

    Raises:
        ElcError: the file of certificates cannot be read.
    """
    from paho.mqtt.client import Client, MQTTv5, MQTTv311
    from paho.mqtt.enums import CallbackAPIVersion

    is_newest = settings.version == "5"
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=identity,
        protocol=MQTTv5 if is_newest else MQTTv311,
        clean_session=None if is_newest else not is_manual,
        manual_ack=is_manual,
    )
    user = os.environ.get("ELC_MQTT_USER")
    if user:
        client.username_pw_set(user, os.environ.get("ELC_MQTT_PASSWORD"))
    if settings.is_tls:
        try:
            client.tls_set(ca_certs=settings.certificates)
        except OSError as error:
            raise ElcError(
                f"params.yaml: {where}.certificates: {settings.certificates} cannot be read as "
                f"certificates ({error}). Give a file in PEM form."
            ) from None
    return client
