"""What a birth tells about a Sparkplug B edge node, and what a death revokes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from elc.listen.model import BAD, Reading, Rejects, now_us
from elc.listen.sparkplug.message import Payload
from elc.listen.sparkplug.values import SESSION, read_session

CONTROL = ("Node Control/", "Device Control/", "Node Info/", "Properties/")
NAME_CHARACTERS = 500

Key = tuple[str, int]  # device, alias: some nodes count the aliases of each device from one


@dataclass(frozen=True)
class Metric:
    """What a birth said of a metric; an empty tag is one that carries no reading, such as the session's number."""

    tag: str
    device: str
    datatype: int


@dataclass(frozen=True)
class Node:
    """One edge node: its metrics by device and alias and by device and name, its session, its last sequence number.

    `sure` names the devices, and "" the node itself, whose aliases hold. `former` are the aliases of devices before
    the node's birth, until each has its own.
    """

    by_alias: Mapping[Key, Metric]
    by_name: Mapping[str, Metric]
    session: int | None = None
    sequence: int | None = None
    sure: frozenset[str] = frozenset()
    former: Mapping[Key, Metric] = field(default_factory=dict)


def bear_node(former: Node, place: str, device: str, message: Payload, name: str, rejects: Rejects) -> Node:
    """Build the node that a birth describes; its devices have no names until their own births."""
    session = read_session(message.metrics)
    is_same = session is not None and session == former.session
    by_alias, by_name = _name_metrics(place, device, message, name, rejects)
    kept = {**former.former, **former.by_alias} if is_same else {}
    return Node(by_alias, by_name, session, former.sequence, frozenset([""]), kept)


def bear_device(former: Node, place: str, device: str, message: Payload, name: str, rejects: Rejects) -> Node:
    """Build the node with the device that a birth describes; all others stay as they are."""
    by_alias, by_name = _name_metrics(place, device, message, name, rejects)
    return replace(
        former,
        by_alias={key: metric for key, metric in former.by_alias.items() if key[0] != device} | by_alias,
        by_name={key: metric for key, metric in former.by_name.items() if metric.device != device} | by_name,
        sure=former.sure | {device},
    )


def _name_metrics(
    place: str, device: str, message: Payload, name: str, rejects: Rejects
) -> tuple[dict[Key, Metric], dict[str, Metric]]:
    """Name the metrics of a birth. An alias that two of them have belongs to neither: it could carry values of
    either."""
    group, _, node = place.partition("/")
    by_alias: dict[Key, Metric] = {}
    by_name: dict[str, Metric] = {}
    doubled: set[Key] = set()
    for metric in message.metrics:
        if not 0 < len(metric.name) <= NAME_CHARACTERS:
            rejects.add(f"its birth gives it a name of {len(metric.name)} characters, expected 1 to 500", metric)
            continue
        is_control = metric.name == SESSION or metric.name.startswith(CONTROL)
        tag = "" if is_control else name.format(group=group, node=node, device=device, metric=metric.name)
        found = by_name[f"{device}/{metric.name}"] = Metric(tag, device, metric.datatype)
        if metric.HasField("alias"):
            key = device, metric.alias
            if by_alias.setdefault(key, found) != found:
                doubled.add(key)
                rejects.add(f"alias {metric.alias} is given twice by its birth, so it is not used", metric)
    return {key: named for key, named in by_alias.items() if key not in doubled}, by_name


def build_bad(node: Node, device: str | None, time_ms: int | None) -> Iterator[Reading]:
    """Build the readings that a death brings: of a device, or of all where none is named, no value from then on."""
    time_us = now_us() if time_ms is None else time_ms * 1000
    for metric in node.by_name.values():
        if metric.tag and device in (None, metric.device):
            yield Reading(metric.tag, time_us, None, BAD)


def build_entry(node: Node, sequence: int | None) -> dict[str, object]:
    """Build what is kept of a node."""
    return {
        "session": node.session,
        "sequence": sequence,
        "names": [[name, metric.tag, metric.device, metric.datatype] for name, metric in node.by_name.items()],
        "aliases": [[key[1], metric.tag, metric.device, metric.datatype] for key, metric in node.by_alias.items()],
    }


def read_node(entry: Any) -> Node | None:
    """Read what was kept of a node; None where it has another shape. None of its aliases holds until its birth."""
    try:
        names = {str(name): _read_metric(*found) for name, *found in entry["names"]}
        aliases = {(str(found[1]), int(alias)): _read_metric(*found) for alias, *found in entry["aliases"]}
        return Node(aliases, names, _read_number(entry["session"]), _read_number(entry.get("sequence")))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None


def _read_metric(tag: object, device: object, datatype: object) -> Metric:
    if not (isinstance(tag, str) and isinstance(device, str) and isinstance(datatype, int)):
        raise TypeError("a metric is a tag, a device and the number of a kind")
    return Metric(tag, device, datatype)


def _read_number(value: object) -> int | None:
    if value is not None and not isinstance(value, int):
        raise TypeError("a number is expected")
    return value
