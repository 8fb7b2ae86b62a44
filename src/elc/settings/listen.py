"""The section listen of params.yaml: live readings from MQTT or OPC UA. Secrets stand in the environment."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from elc.settings.section import Positive, Section

NAMED_LEVELS = ("{plant}", "{tag}")
OPCUA_URL = r"^opc\.tcp://[^\s/@]+(/\S*)?$"
OPCUA_SECURITY = r"^(Basic256Sha256|Aes128Sha256RsaOaep|Aes256Sha256RsaPss),(Sign|SignAndEncrypt)(,[^,]+){2,3}$"
NAME_PARTS = ("{group}", "{node}", "{device}", "{metric}")


def _check_topic(topic: str) -> str:
    levels = topic.split("/")
    for place, level in enumerate(levels):
        if level == "#" and place != len(levels) - 1:
            raise ValueError("# stands for all remaining levels, so it must be the last")
        if level not in (*NAMED_LEVELS, "+", "#") and re.search(r"[{}+#]", level):
            raise ValueError(f"level {level} is not +, #, {{plant}}, {{tag}} or a plain word")
    if not topic or "\0" in topic:
        raise ValueError(
            "it is empty, or contains a character that a topic cannot contain; write it as in site/{plant}/{tag}"
        )
    return topic


def _check_name(name: str) -> str:
    strange = set(re.findall(r"\{[^}]*\}", name)) - set(NAME_PARTS)
    if strange or "{metric}" not in name:
        raise ValueError(f"it is made of {', '.join(NAME_PARTS)}, and holds {{metric}}")
    return name


Topic = Annotated[str, AfterValidator(_check_topic)]
Name = Annotated[str, AfterValidator(_check_name)]


class MqttBroker(Section):
    """One broker. User and password are ELC_MQTT_USER and ELC_MQTT_PASSWORD."""

    host: str = Field(pattern=r"^[A-Za-z0-9.:-]+$")
    port: int = Field(default=1883, gt=0, le=65535)
    is_tls: bool = False
    certificates: str | None = None
    version: Literal["5", "3.1.1"] = "5"

    @model_validator(mode="after")
    def _check_certificates(self) -> Self:
        if self.certificates is not None and not self.is_tls:
            raise ValueError("certificates are given, and is_tls is false; set it to true")
        return self


class MqttSource(MqttBroker):
    """One broker that is listened to.

    A level `{plant}` of a topic is the plant, `{tag}` the tag, `+` any level, and `#` all that follow. Of Sparkplug B,
    `tag` says how a tag is named. `codes` says what whole numbers mean as quality in JSON. `max_unacknowledged` must
    not be above what the broker lets be in flight: of version 3.1.1, write the broker's own limit (Mosquitto: 20).
    Without a `client_id`, each project draws one of its own.
    """

    topics: list[Topic] = Field(min_length=1)
    format: Literal["json", "sparkplug"] = "json"
    plant: str | None = None
    tag: Name = "{metric}"
    codes: Literal["opc_ua", "opc_da"] | None = None
    client_id: str | None = Field(default=None, min_length=1)
    session_h: Positive = 168
    max_unacknowledged: int = Field(default=5000, gt=0, le=65535)

    @model_validator(mode="after")
    def _check_plant(self) -> Self:
        named = ["{plant}" in topic.split("/") for topic in self.topics]
        if self.plant is None and not all(named):
            raise ValueError("no plant is given; add plant, or write a level {plant} in every topic")
        if self.plant is not None and any(named):
            raise ValueError("plant is given, and a topic holds {plant} too; keep one of them")
        return self


class OpcUaSource(Section):
    """One OPC UA server. User and password are ELC_OPCUA_USER and ELC_OPCUA_PASSWORD.

    `nodes` maps tags to node ids; without it, every tag of the tag list is read as the node id `ns=N;s=TAG` of the
    `namespace`. `security` is `policy,mode,certificate,key` as in `Basic256Sha256,SignAndEncrypt,own.pem,own_key.pem`,
    and a fifth part may be the server's own certificate: then no other one is taken.
    """

    url: str = Field(pattern=OPCUA_URL)
    plant: str
    nodes: dict[str, str] | None = Field(default=None, min_length=1)
    namespace: int = Field(default=2, ge=0)
    interval_s: Positive = 10
    repeat_min: Positive = 60
    security: str | None = Field(default=None, pattern=OPCUA_SECURITY)


class ListenSettings(Section):
    """Where live readings come from, and how they are kept."""

    flush_s: Positive
    max_rows: int = Field(gt=0)
    doubled_min: Positive
    max_ahead_min: Positive
    max_rejected_mib: Positive
    mqtt: dict[str, MqttSource]
    opcua: dict[str, OpcUaSource]
