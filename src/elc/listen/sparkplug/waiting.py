"""Messages of Sparkplug B that wait for a birth: what their aliases mean is in doubt until then.

They are bounded in size, in number where the broker waits for a receipt, and in time; what cannot wait longer is
rejected, and told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from elc.listen.sparkplug.nodes import AliasDoubt

LONGEST_S = 600.0
MOST_BYTES = 64 << 20
OVERHEAD_BYTES = 1000  # of each
ALIAS_BYTES = 150  # of what an alias meant
LOOK_S = 1.0  # between two looks for what has waited too long


@dataclass(frozen=True)
class Waiting:
    """One message, the number of its node's message before it, and when it came (s of a clock that never jumps)."""

    plant: str
    node: str
    topic: str
    payload: bytes
    doubt: AliasDoubt
    sequence: int | None
    confirm: Callable[[], None] | None
    came_s: float

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return len(self.payload) + OVERHEAD_BYTES + ALIAS_BYTES * len(self.doubt.aliases)


class Room:
    """All messages of a source that wait, by node, in the order in which they came."""

    def __init__(self, most_unconfirmed: int) -> None:
        self._most_unconfirmed = most_unconfirmed
        self._by_node: dict[str, list[Waiting]] = {}
        self._size = self._unconfirmed = 0
        self._looked_s = time.monotonic()

    def __len__(self) -> int:
        return sum(map(len, self._by_node.values()))

    def add(self, message: Waiting) -> None:
        """Let a message wait."""
        self._by_node.setdefault(message.node, []).append(message)
        self._size += message.size
        self._unconfirmed += message.confirm is not None

    def take(self, node: str) -> list[Waiting]:
        """Take out all that waits for one node."""
        messages = self._by_node.pop(node, [])
        self._size -= sum(message.size for message in messages)
        self._unconfirmed -= sum(message.confirm is not None for message in messages)
        return messages

    def take_over(self) -> Iterator[Waiting]:
        """Take out what has waited too long, and where there is too much, of the nodes that have waited longest."""
        now = time.monotonic()
        if not self._is_too_much() and now - self._looked_s < LOOK_S:
            return
        self._looked_s = now
        for node in sorted(self._by_node, key=lambda node: self._by_node[node][0].came_s):
            if not self._is_too_much() and now - self._by_node[node][0].came_s <= LONGEST_S:
                return
            yield from self.take(node)

    def _is_too_much(self) -> bool:
        return self._size > MOST_BYTES or self._unconfirmed > self._most_unconfirmed

    def take_all(self) -> Iterable[Waiting]:
        """Take out everything."""
        return [message for node in list(self._by_node) for message in self.take(node)]

    def build_sequences(self) -> dict[str, int | None]:
        """The number before the first message that waits, of each node."""
        return {node: found[0].sequence for node, found in self._by_node.items()}
