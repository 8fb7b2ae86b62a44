"""Messages of Sparkplug B from one broker: what they bring, what waits for a birth, and whom to ask for one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from elc.listen.log import write_log, write_log_seldom
from elc.listen.model import Delivery, now_us
from elc.listen.reader import ReceivedMessage
from elc.listen.sparkplug.message import build_rebirth
from elc.listen.sparkplug.nodes import NodeAnswer, Nodes, find_command, find_place
from elc.listen.sparkplug.waiting import LONGEST_S, Room, Waiting

REBIRTH_S = 10.0  # between two requests to one node; longer each time that it does not help
LONGEST_PAUSE_S = 300.0
MOST_ASKED = 10_000
UNSETTLED = (
    f"is uncertain: no birth message came in {LONGEST_S:.0f} s, or too many messages waited for one; allow this user "
    "to publish to spBv1.0/<group>/NCMD/<node>, and the node answer"
)


class SparkplugForm:
    """Reads the messages of one source; `publish` sends a command to a node."""

    def __init__(
        self, source: str, nodes: Nodes, *, publish: Callable[[str, bytes], object], most_unconfirmed: int
    ) -> None:
        self._source, self._nodes, self._publish = source, nodes, publish
        self._room = Room(most_unconfirmed)
        self._asked: dict[str, tuple[float, float]] = {}
        self._connection: int | None = None
        if nodes.unreadable:
            write_log("error", "state_unreadable", source=source, nodes=nodes.unreadable[:10])

    def read(self, plant: str, message: ReceivedMessage) -> Sequence[Delivery]:
        """Read a message of a plant, and what has waited for it."""
        if message.connection != self._connection:
            self._connection = message.connection
            self._nodes.doubt_all()
        place = find_place(message.topic)
        node = place.node if place else ""
        former = self._nodes.get_sequence(node)
        answer = self._nodes.read(message.topic, message.payload, is_again=message.is_again)
        if answer.rebirth:
            self.ask(answer.rebirth)
        if answer.doubt is not None:
            came = time.monotonic()
            self._room.add(
                Waiting(plant, node, message.topic, message.payload, answer.doubt, former, message.confirm, came)
            )
            deliveries = [_deliver(plant, answer, None)] if answer.missed else []
        else:
            deliveries = [_deliver(plant, answer, message.confirm)]
        if answer.is_birth:
            deliveries += self._settle(node)
        return self._add_state([*deliveries, *self.look()])

    def look(self) -> Sequence[Delivery]:
        """Reject what has waited too long for a birth."""
        given_up = [self._give_up(waiting, UNSETTLED) for waiting in self._room.take_over()]
        if given_up:
            write_log_seldom("warning", "no_birth", source=self._source, messages=len(given_up))
        return self._add_state(given_up)

    def close(self) -> Sequence[Delivery]:
        """Reject what waits and would not come again."""
        why = "is uncertain: elc listen was stopped before the next birth message"
        return [self._give_up(waiting, why) for waiting in self._room.take_all() if waiting.confirm is None]

    def ask_all(self) -> None:
        """Ask all nodes that are known for a new birth, as on a new connection."""
        self._asked.clear()
        for place in self._nodes.list_places():
            self.ask(find_command(place))

    def ask(self, topic: str) -> None:
        """Ask a node for a new birth; not again soon, and later and later where it goes on without one."""
        now = time.monotonic()
        if len(self._asked) > MOST_ASKED:
            self._asked.clear()
        asked, pause_s = self._asked.get(topic, (now - LONGEST_PAUSE_S * 10, REBIRTH_S))
        if now - asked < pause_s:
            return
        is_long_ago = now - asked > 4 * pause_s
        self._asked[topic] = now, REBIRTH_S if is_long_ago else min(2 * pause_s, LONGEST_PAUSE_S)
        self._publish(topic, build_rebirth(now_us() // 1000))
        write_log_seldom("info", "rebirth_asked", source=self._source, topic=topic[:200])

    def _settle(self, node: str) -> list[Delivery]:
        """Read what has waited for a birth of a node, as far as it does not wait for another one."""
        deliveries = []
        for waiting in self._room.take(node):
            answer = self._nodes.read_waiting(waiting.topic, waiting.payload, waiting.doubt)
            if answer is None:
                self._room.add(waiting)
            else:
                deliveries.append(_deliver(waiting.plant, answer, waiting.confirm))
        return deliveries

    def _give_up(self, waiting: Waiting, why: str) -> Delivery:
        return _deliver(waiting.plant, self._nodes.refuse_waiting(waiting.topic, waiting.payload, why), waiting.confirm)

    def _add_state(self, deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
        if not deliveries:
            return []
        state = self._nodes.build_state(self._room.build_sequences())
        return [*deliveries[:-1], replace(deliveries[-1], state=state, state_name=self._source)]


def _deliver(plant: str, answer: NodeAnswer, confirm: Callable[[], None] | None) -> Delivery:
    counts: Mapping[str, Any] = {"sequence_gaps": answer.missed} if answer.missed else {}
    return Delivery(plant, answer.readings, answer.rejects, confirm, counts=counts)
