"""What is known of the edge nodes of Sparkplug B: their aliases, whether these hold, and what they have counted.

An alias holds from a birth in this connection until a message is missed, the node dies or the connection is lost:
births are not kept by brokers, so a node may have been born anew in between, with other aliases. What comes before the
next birth waits (see `waiting`). A node's record is replaced, never changed, so what is kept on disk can be that of the
last confirmed message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from elc.listen.model import SHOWN_CHARACTERS, Reading, Reject, Rejects, build_reject
from elc.listen.sparkplug.births import (
    Key,
    Metric,
    Node,
    bear_device,
    bear_node,
    build_bad,
    build_entry,
    read_node,
)
from elc.listen.sparkplug.message import Payload, read_payload
from elc.listen.sparkplug.metrics import has_alias_alone, read_metrics
from elc.listen.sparkplug.values import read_session

SEQUENCE = 256
BIRTHS = ("NBIRTH", "DBIRTH")
KINDS = (*BIRTHS, "NDATA", "NDEATH", "DDATA", "DDEATH")
EMPTY = Node({}, {})
MOST_NODES = 5000
MOST_NAMES = 400_000  # and aliases, of all nodes of a source


@dataclass(frozen=True)
class NodePlace:
    """Where a message of a node came from; `device` is empty for the node itself."""

    topic: str
    kind: str
    node: str
    device: str


@dataclass(frozen=True)
class AliasDoubt:
    """What the aliases of a message meant when it came, and in which session: taken where the next birth agrees."""

    session: int
    aliases: Mapping[Key, Metric]


@dataclass(frozen=True)
class NodeAnswer:
    """What a message brought. `rebirth` is the topic to ask the node at for a new birth, empty where none is needed.

    With a `doubt`, nothing of it is taken yet. `is_birth` says that what waits may be read now.
    """

    readings: tuple[Reading, ...] = ()
    rejects: tuple[Reject, ...] = ()
    rebirth: str = ""
    missed: int = 0
    is_birth: bool = False
    doubt: AliasDoubt | None = None


def find_place(topic: str) -> NodePlace | None:
    """Find the node that a topic belongs to; None if it is not a Sparkplug B topic."""
    levels = topic.split("/")
    if len(levels) not in (4, 5) or levels[0] != "spBv1.0":
        return None
    return NodePlace(topic, levels[2], f"{levels[1]}/{levels[3]}", levels[4] if len(levels) == 5 else "")


def find_command(node: str) -> str:
    """Find the topic of commands to a node, which is given as group/node."""
    group, _, name = node.partition("/")
    return f"spBv1.0/{group}/NCMD/{name}"


@dataclass
class Nodes:
    """All nodes of one source; `name` says how a tag is named of {group}, {node}, {device} and {metric}."""

    name: str
    state: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        read = {place: read_node(entry) for place, entry in self.state.items()}
        self._nodes = {place: node for place, node in read.items() if node is not None}
        self.unreadable = sorted(read.keys() - self._nodes.keys())

    def list_places(self) -> list[str]:
        """List the nodes that are known, as group/node."""
        return list(self._nodes)

    def get_sequence(self, place: str) -> int | None:
        """The number of the last message of a node."""
        return self._nodes.get(place, EMPTY).sequence

    def build_state(self, sequences: Mapping[str, int | None]) -> Callable[[], dict[str, object]]:
        """Build what must be known again after a restart, when it is asked for, of the nodes as they are now.

        `sequences` are the numbers of nodes of which a message waits: those before it.
        """
        nodes = dict(self._nodes)
        return lambda: {place: build_entry(node, sequences.get(place, node.sequence)) for place, node in nodes.items()}

    def doubt_all(self) -> None:
        """Believe no alias until the next birth: the connection is another one."""
        self._nodes = {place: replace(node, sure=frozenset()) for place, node in self._nodes.items()}

    def read(self, topic: str, payload: bytes, *, is_again: bool) -> NodeAnswer:
        """Read a message. `is_again` says that the broker sends it once more, so its number is not counted."""
        place = find_place(topic)
        if place is None:
            return _reject(topic, "is not a Sparkplug B topic: spBv1.0/group/kind/node[/device]", payload)
        if place.kind not in KINDS:
            return NodeAnswer()  # commands to nodes, and the state of other listeners
        try:
            message = read_payload(payload)
        except ValueError as fault:
            return _reject(topic, str(fault), payload)
        if place.kind == "NDEATH":
            return self._bury(place, message)
        missed = 0 if is_again else self._count(place, message)
        if place.kind in BIRTHS:
            answer = self._bear(place, message, is_again=is_again)
        elif place.kind == "DDEATH":
            answer = self._bury_device(place, message)
        else:
            answer = self._read_data(place, message)
        return replace(answer, missed=missed, rebirth=find_command(place.node) if answer.rebirth or missed else "")

    def read_waiting(self, topic: str, payload: bytes, doubt: AliasDoubt) -> NodeAnswer | None:
        """Read a message that waited, as far as the births since agree with what was known; None where it must wait.

        ASSUME: where a node's last birth before and its first one after give an alias the same meaning, in one session,
        it had that meaning in between.
        """
        place = find_place(topic)
        assert place is not None
        node = self._nodes.get(place.node, EMPTY)
        is_same = node.session == doubt.session
        aliases = {key: name for key, name in doubt.aliases.items() if is_same and node.by_alias.get(key) == name}
        is_known = aliases.keys() == doubt.aliases.keys()
        if is_same and (place.device not in node.sure or ("" not in node.sure and is_known)):
            return None
        return _read(place, read_payload(payload), node, aliases, "its node has reassigned it since it was sent")

    def refuse_waiting(self, topic: str, payload: bytes, why: str) -> NodeAnswer:
        """Read what a message that waited in vain brings by name alone."""
        place = find_place(topic)
        assert place is not None
        return _read(place, read_payload(payload), self._nodes.get(place.node, EMPTY), {}, why)

    def _read_data(self, place: NodePlace, message: Payload) -> NodeAnswer:
        """Read data; where a value's alias is in doubt, the whole message waits, if a birth can settle it."""
        node = self._nodes.get(place.node, EMPTY)
        if place.device in node.sure:
            return _read(place, message, node, node.by_alias, "no birth named it; asked for one")
        keys = [(place.device, metric.alias) for metric in message.metrics if has_alias_alone(metric)]
        aliases = {key: name for key in keys if (name := node.by_alias.get(key) or node.former.get(key))}
        if aliases and node.session is not None:
            return NodeAnswer(rebirth="ask", doubt=AliasDoubt(node.session, aliases))
        return _read(place, message, node, {}, "no birth named it; asked for one")

    def _bear(self, place: NodePlace, message: Payload, *, is_again: bool) -> NodeAnswer:
        """Take in a birth. Of one that is sent again, nothing holds: there may have been another one since."""
        former = self._nodes.pop(place.node, EMPTY)
        rejects = Rejects(place.topic)
        make = bear_node if place.kind == "NBIRTH" else bear_device
        born = make(former, place.node, place.device, message, self.name, rejects)
        self._nodes[place.node] = replace(born, sure=frozenset()) if is_again else born
        self._forget_oldest()
        named = replace(
            message, metrics=[metric for metric in message.metrics if f"{place.device}/{metric.name}" in born.by_name]
        )
        answer = _read(place, named, born, {}, "")
        return replace(answer, rejects=(*rejects.build(), *answer.rejects), rebirth="", is_birth=True)

    def _forget_oldest(self) -> None:
        """Forget the nodes that were born longest ago where there are more than anybody has."""
        sizes = {place: len(node.by_name) + len(node.by_alias) for place, node in self._nodes.items()}
        total = sum(sizes.values())
        for place in list(self._nodes)[:-1]:
            if len(self._nodes) <= MOST_NODES and total <= MOST_NAMES:
                return
            total -= sizes[place]
            del self._nodes[place]

    def _count(self, place: NodePlace, message: Payload) -> int:
        """Count the messages that are missing before this one; a birth of the node starts anew."""
        is_birth = place.kind in BIRTHS
        node = self._nodes.get(place.node, EMPTY if is_birth else None)
        if message.seq is None or node is None:
            return 0
        former = None if place.kind == "NBIRTH" else node.sequence
        missed = 0 if former is None else (message.seq - former - 1) % SEQUENCE
        # What is missing may have been a birth.
        self._nodes[place.node] = replace(node, sequence=message.seq, sure=frozenset() if missed else node.sure)
        return missed

    def _bury(self, place: NodePlace, message: Payload) -> NodeAnswer:
        """A node's death is told by the broker; one of a former session is too late to mean anything."""
        node = self._nodes.get(place.node)
        session = read_session(message.metrics)
        if node is None or (session is not None and node.session not in (None, session)):
            return NodeAnswer()
        self._nodes[place.node] = replace(node, sequence=None, sure=frozenset())
        return NodeAnswer(tuple(build_bad(node, None, None)))

    def _bury_device(self, place: NodePlace, message: Payload) -> NodeAnswer:
        node = self._nodes.get(place.node)
        if node is None:
            return NodeAnswer()
        self._nodes[place.node] = replace(node, sure=node.sure - {place.device})
        return NodeAnswer(tuple(build_bad(node, place.device, message.timestamp)))


def _read(
    place: NodePlace, message: Payload, node: Node, aliases: Mapping[Key, Metric], why_unknown: str
) -> NodeAnswer:
    answer = read_metrics(place.device, message, node.by_name, aliases, Rejects(place.topic), why_unknown)
    return NodeAnswer(*answer)


def _reject(topic: str, reason: str, payload: bytes) -> NodeAnswer:
    return NodeAnswer(rejects=(build_reject(topic, reason, payload[:SHOWN_CHARACTERS]),))
