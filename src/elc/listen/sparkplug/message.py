"""The payload of Sparkplug B, as far as it carries readings: org.eclipse.tahu.protobuf.Payload.

Fields that are not named here, such as templates and data sets, are passed over by protobuf. Metrics are read one by
one, so that a broken one costs no other.

Source: Sparkplug specification 3.0, section 6.4 (payload definition) and appendix (sparkplug_b.proto).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

PACKAGE = "org.eclipse.tahu.protobuf"
MOST_METRICS = 100_000  # of one message
REBIRTH = "Node Control/Rebirth"
U32, U64, BOOL, STRING, BYTES, FLOAT, DOUBLE = 13, 4, 8, 9, 12, 2, 1  # kinds of google.protobuf.FieldDescriptorProto
_MESSAGE, _OPTIONAL, _REPEATED = 11, 1, 3
METRIC = {
    "name": (1, STRING),
    "alias": (2, U64),
    "timestamp": (3, U64),
    "datatype": (4, U32),
    "is_historical": (5, BOOL),
    "is_transient": (6, BOOL),
    "is_null": (7, BOOL),
}
VALUES = {
    "int_value": (10, U32),
    "long_value": (11, U64),
    "float_value": (12, FLOAT),
    "double_value": (13, DOUBLE),
    "boolean_value": (14, BOOL),
    "string_value": (15, STRING),
}
PROPERTY_VALUES = {
    "int_value": (3, U32),
    "long_value": (4, U64),
    "float_value": (5, FLOAT),
    "double_value": (6, DOUBLE),
    "boolean_value": (7, BOOL),
    "string_value": (8, STRING),
}


@dataclass(frozen=True)
class Payload:
    """What a message holds: its time (ms) and number, its metrics, and why others, as they came, cannot be read."""

    timestamp: int | None
    seq: int | None
    metrics: Sequence[Any]
    broken: Sequence[tuple[str, bytes]]


def read_payload(content: bytes) -> Payload:
    """Read a payload; a metric that cannot be read is told beside those that can.

    Raises:
        ValueError: it is not a Sparkplug B payload, or too long.
    """
    from google.protobuf.message import DecodeError

    classes = _build_classes()
    try:
        envelope = classes["Envelope"].FromString(content)
    except DecodeError as error:
        raise ValueError(f"is not a Sparkplug B payload: {error}") from None
    if len(envelope.metrics) > MOST_METRICS:
        raise ValueError(f"holds {len(envelope.metrics):,} metrics, expected at most {MOST_METRICS:,}")
    metrics: list[Any] = []
    broken: list[tuple[str, bytes]] = []
    for raw in envelope.metrics:
        try:
            metric = classes["Payload.Metric"].FromString(raw)
        except DecodeError as error:
            broken.append((f"is not a Sparkplug B metric: {error}", raw))
            continue
        if isinstance(metric.name, str):
            metrics.append(metric)
        else:  # protobuf gives bytes
            broken.append(("has a name that is not UTF-8", raw))
    timestamp = envelope.timestamp if envelope.HasField("timestamp") else None
    return Payload(timestamp, envelope.seq if envelope.HasField("seq") else None, metrics, broken)


def build_payload_class() -> Any:
    """Build the class of whole payloads, to write them."""
    return _build_classes()["Payload"]


def build_rebirth(time_ms: int) -> bytes:
    """Build the command that asks a node for a new birth: names and aliases of all its metrics."""
    message = build_payload_class()(timestamp=time_ms)
    message.metrics.add(name=REBIRTH, timestamp=time_ms, datatype=11, boolean_value=True)
    payload: bytes = message.SerializeToString()
    return payload


@lru_cache(maxsize=1)
def _build_classes() -> dict[str, Any]:
    """Build the classes, in a pool of their own: another package may hold the same names."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="elc_sparkplug_b.proto", package=PACKAGE, syntax="proto2")
    payload = file.message_type.add(name="Payload")
    prefix = f".{PACKAGE}.Payload"
    _add_fields(payload, {"timestamp": (1, U64), "seq": (3, U64), "uuid": (4, STRING)})
    _add_message(payload, "metrics", 2, f"{prefix}.Metric", is_repeated=True)
    metric = payload.nested_type.add(name="Metric")
    _add_fields(metric, METRIC)
    _add_choice(metric, VALUES)
    _add_message(metric, "properties", 9, f"{prefix}.PropertySet", is_repeated=False)
    properties = payload.nested_type.add(name="PropertySet")
    properties.field.add(name="keys", number=1, type=STRING, label=_REPEATED)
    _add_message(properties, "values", 2, f"{prefix}.PropertyValue", is_repeated=True)
    value = payload.nested_type.add(name="PropertyValue")
    _add_fields(value, {"type": (1, U32), "is_null": (2, BOOL)})
    _add_choice(value, PROPERTY_VALUES)
    envelope = file.message_type.add(name="Envelope")
    _add_fields(envelope, {"timestamp": (1, U64), "seq": (3, U64)})
    envelope.field.add(name="metrics", number=2, type=BYTES, label=_REPEATED)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    names = ("Payload", "Payload.Metric", "Envelope")
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in names}


def _add_fields(message: Any, fields: dict[str, tuple[int, int]]) -> None:
    for name, (number, kind) in fields.items():
        message.field.add(name=name, number=number, type=kind, label=_OPTIONAL)


def _add_choice(message: Any, fields: dict[str, tuple[int, int]]) -> None:
    message.oneof_decl.add(name="value")
    for name, (number, kind) in fields.items():
        message.field.add(name=name, number=number, type=kind, label=_OPTIONAL, oneof_index=0)


def _add_message(message: Any, name: str, number: int, kind: str, *, is_repeated: bool) -> None:
    label = _REPEATED if is_repeated else _OPTIONAL
    message.field.add(name=name, number=number, type=_MESSAGE, type_name=kind, label=label)
