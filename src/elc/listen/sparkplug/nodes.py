"""What is known of the edge nodes of Sparkplug B: their aliases, whether they live, and what they have counted.

A node's record is replaced, never changed, so what is kept on disk can be that of the last confirmed message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from elc.listen.model import BAD, Reading, Reject, build_reject, now_us
from elc.listen.sparkplug.message import build_payload_class
from elc.listen.sparkplug.values import read_quality, read_value

SEQUENCE = 256
SESSION = "bdSeq"
CONTROL = ("Node Control/", "Device Control/", "Node Info/", "Properties/")
REBIRTH = "Node Control/Rebirth"
KINDS = ("NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH")


@dataclass(frozen=True)
class Metric:
    """What a birth said of a metric; an empty tag is one that carries no reading, such as the session's number."""

    tag: str
    device: str
    datatype: int


@dataclass(frozen=True)
class Node:
    """One edge node: its metrics by alias and by device and name, its session, and its last sequence number."""

    by_alias: Mapping[int, Metric]
    by_name: Mapping[str, Metric]
    session: int | None = None
    sequence: int | None = None


@dataclass(frozen=True)
class Answer:
    """What a message brought. `rebirth` is the topic to ask the node at for a new birth, empty where none is needed."""

    readings: tuple[Reading, ...] = ()
    rejects: tuple[Reject, ...] = ()
    rebirth: str = ""
    missed: int = 0
    is_changed: bool = False


EMPTY = Node({}, {})


class Nodes:
    """All nodes of one source; `name` says how a tag is named of {group}, {node}, {device} and {metric}."""

    def __init__(self, name: str, state: Mapping[str, Any] | None = None) -> None:
        self._name = name
        self._nodes: dict[str, Node] = {place: _read_node(entry) for place, entry in (state or {}).items()}

    def build_state(self) -> dict[str, object]:
        """Build what must be known again after a restart, as JSON takes it."""
        return {place: _build_entry(node) for place, node in self._nodes.items()}

    def read(self, topic: str, payload: bytes, *, is_again: bool) -> Answer:
        """Read a message. `is_again` says that the broker sends it once more, so its number is not counted."""
        levels = topic.split("/")
        if len(levels) not in (4, 5) or levels[0] != "spBv1.0":
            return _reject(topic, "is no topic of Sparkplug B: spBv1.0/group/kind/node[/device]", payload)
        group, kind, place = levels[1], levels[2], f"{levels[1]}/{levels[3]}"
        if kind not in KINDS:
            return Answer()  # commands to nodes, and the state of other listeners
        message = build_payload_class()()
        try:
            message.ParseFromString(payload)
        except Exception as error:  # protobuf's DecodeError, and text that is no UTF-8
            return _reject(topic, f"is no payload of Sparkplug B: {error}", payload)
        device = levels[4] if len(levels) == 5 else ""
        if kind == "NDEATH":
            return self._bury(place, message)
        missed = 0 if is_again else self._count(place, kind, message)
        answer = self._read_metrics(topic, kind, place, device, message)
        rebirth = f"spBv1.0/{group}/NCMD/{levels[3]}" if answer.rebirth or missed else ""
        return replace(answer, missed=missed, rebirth=rebirth)

    def _read_metrics(self, topic: str, kind: str, place: str, device: str, message: Any) -> Answer:
        if kind == "DDEATH":
            return self._bury_device(place, device, message)
        if kind in ("NBIRTH", "DBIRTH"):
            self._bear(place, device, message, is_node=kind == "NBIRTH")
        readings: list[Reading] = []
        rejects: list[Reject] = []
        unknown = False
        for metric in message.metrics:
            known = self._find(place, device, metric)
            if known is None:
                unknown = True
                what = f"alias {metric.alias}" if metric.HasField("alias") else f"metric {metric.name}"
                rejects.append(build_reject(topic, f"{what} is unknown: no birth named it; asked for one", metric))
            elif known.tag:
                _read_metric(topic, metric, known, message, readings, rejects)
        is_birth = kind in ("NBIRTH", "DBIRTH")
        return Answer(tuple(readings), tuple(rejects), rebirth="ask" if unknown else "", is_changed=is_birth)

    def _find(self, place: str, device: str, metric: Any) -> Metric | None:
        node = self._nodes.get(place, EMPTY)
        if metric.HasField("alias") and not metric.name:
            return node.by_alias.get(metric.alias)
        return node.by_name.get(f"{device}/{metric.name}")

    def _bear(self, place: str, device: str, message: Any, *, is_node: bool) -> None:
        node = EMPTY if is_node else self._nodes.get(place, EMPTY)
        kept = [one for one in node.by_name.items() if one[1].device != device]
        by_name = dict(kept)
        by_alias = {alias: one for alias, one in node.by_alias.items() if one.device != device}
        session = node.session
        group, _, name = place.partition("/")
        for metric in message.metrics:
            if metric.name == SESSION:
                session = int(metric.long_value or metric.int_value)
            is_control = metric.name == SESSION or metric.name.startswith(CONTROL)
            tag = self._name.format(group=group, node=name, device=device, metric=metric.name)
            found = Metric("" if is_control else tag, device, metric.datatype)
            by_name[f"{device}/{metric.name}"] = found
            if metric.HasField("alias"):
                by_alias[metric.alias] = found
        self._nodes[place] = Node(by_alias, by_name, session, self._nodes.get(place, EMPTY).sequence)

    def _count(self, place: str, kind: str, message: Any) -> int:
        """Count the messages that are missing before this one; a birth of the node starts anew."""
        node = self._nodes.get(place, EMPTY)
        if not message.HasField("seq"):
            return 0
        former = None if kind == "NBIRTH" else node.sequence
        self._nodes[place] = replace(node, sequence=int(message.seq))
        return 0 if former is None else (int(message.seq) - former - 1) % SEQUENCE

    def _bury(self, place: str, message: Any) -> Answer:
        """A node's death is told by the broker; one of a former session is too late to mean anything."""
        node = self._nodes.get(place, EMPTY)
        for metric in message.metrics:
            if metric.name == SESSION and node.session not in (None, int(metric.long_value or metric.int_value)):
                return Answer()
        self._nodes[place] = replace(node, sequence=None)
        return Answer(tuple(_build_bad(node, None, now_us())))

    def _bury_device(self, place: str, device: str, message: Any) -> Answer:
        time_us = message.timestamp * 1000 if message.HasField("timestamp") else now_us()
        return Answer(tuple(_build_bad(self._nodes.get(place, EMPTY), device, time_us)))


def _build_bad(node: Node, device: str | None, time_us: int) -> Iterator[Reading]:
    for metric in node.by_name.values():
        if metric.tag and device in (None, metric.device):
            yield Reading(metric.tag, time_us, None, BAD)


def _read_metric(
    topic: str, metric: Any, known: Metric, message: Any, readings: list[Reading], rejects: list[Reject]
) -> None:
    timed = metric if metric.HasField("timestamp") else message
    if not timed.HasField("timestamp"):
        rejects.append(build_reject(topic, "has no time", metric, tag=known.tag))
        return
    try:
        value = read_value(metric, metric.datatype or known.datatype)
    except ValueError as fault:
        rejects.append(build_reject(topic, str(fault), metric, tag=known.tag))
        return
    quality = BAD if value is None else read_quality(metric)
    readings.append(Reading(known.tag, timed.timestamp * 1000, value, quality))


def _reject(topic: str, reason: str, payload: bytes) -> Answer:
    return Answer(rejects=(build_reject(topic, reason, payload),))


def build_rebirth() -> bytes:
    """Build the command that asks a node for a new birth: names and aliases of all its metrics."""
    message = build_payload_class()(timestamp=now_us() // 1000)
    message.metrics.add(name=REBIRTH, timestamp=now_us() // 1000, datatype=11, boolean_value=True)
    found: bytes = message.SerializeToString()
    return found


def _build_entry(node: Node) -> dict[str, object]:
    return {
        "session": node.session,
        "names": [[name, *_list(one)] for name, one in node.by_name.items()],
        "aliases": [[alias, *_list(one)] for alias, one in node.by_alias.items()],
    }


def _list(metric: Metric) -> list[object]:
    return [metric.tag, metric.device, metric.datatype]


def _read_node(entry: Mapping[str, Any]) -> Node:
    by_alias = {alias: Metric(*found) for alias, *found in entry["aliases"]}
    return Node(by_alias, {name: Metric(*found) for name, *found in entry["names"]}, entry["session"])
