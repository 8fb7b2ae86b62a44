"""Server-sent events: one task looks for changed files once a second, for all who listen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from time import monotonic

import orjson

POLL_S = 1.0
PING_S = 15.0
LIFE_S = 900.0  # ASSUME: after a quarter of an hour the browser asks anew, so that a key that was taken back ends there
MAX_LISTENERS = 200  # ASSUME: of one process; more screens than a site has
MAX_OF_CLIENT = 50  # ASSUME: screens that share a key
RETRY_MS = 2000
PING = b": ping\n\nevent: ping\ndata: {}\n\n"  # the comment for what lies between, the event for the page


class Listener:
    """One who listens: the plants that changed and were not yet told, which cannot be more than there are plants."""

    def __init__(self, may_see: Callable[[str], bool], name: str) -> None:
        self.may_see, self.name = may_see, name
        self.changed: set[str] = set()
        self.woken = asyncio.Event()

    def tell(self, plants: Collection[str]) -> None:
        """Note the plants that changed, of those that this one may see."""
        seen = [plant for plant in plants if self.may_see(plant)]
        if seen:
            self.changed.update(seen)
            self.woken.set()

    def take(self) -> list[str]:
        """Take what is to be told."""
        plants = sorted(self.changed)
        self.changed.clear()
        self.woken.clear()
        return plants


class Feed:
    """Who listens, and the task that looks; it runs only while somebody does.

    `stamp` gives what changes when a plant is to be read again; it may block.
    """

    def __init__(self, stamp: Callable[[str], object], plants: Callable[[], Collection[str]]) -> None:
        self._stamp = stamp
        self._plants = plants
        self._listeners: set[Listener] = set()
        self._stamps: dict[str, object] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        return len(self._listeners) >= MAX_LISTENERS

    def count(self, name: str) -> int:
        """Count who listens with the key of one client."""
        return sum(listener.name == name for listener in self._listeners)

    async def join(self, may_see: Callable[[str], bool], *, name: str) -> Listener:
        """Join: from when this returns, every change is told."""
        listener = Listener(may_see, name)
        self._listeners.add(listener)
        if self._task is None or self._task.done():
            self._stamps = await asyncio.to_thread(self._stamp_all)
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._look())
        return listener

    def leave(self, listener: Listener) -> None:
        """Leave; the task ends with the last one."""
        self._listeners.discard(listener)

    def _stamp_all(self) -> dict[str, object]:
        return {plant: self._stamp(plant) for plant in list(self._plants())}

    async def _look(self) -> None:
        while self._listeners:
            await asyncio.sleep(POLL_S)
            found = await asyncio.to_thread(self._stamp_all)
            changed = [
                plant for plant in found.keys() | self._stamps.keys() if found.get(plant) != self._stamps.get(plant)
            ]
            self._stamps = found
            for listener in tuple(self._listeners):
                listener.tell(changed)

    async def stream(self, listener: Listener, closing: asyncio.Event) -> AsyncIterator[bytes]:
        """Yield events until `closing` is set, the client goes, or its time is up."""
        ends_at = monotonic() + LIFE_S
        end = asyncio.create_task(closing.wait())
        try:
            yield f"retry: {RETRY_MS}\n\n".encode() + PING
            while not closing.is_set() and monotonic() < ends_at:
                await _wait_first(end, asyncio.create_task(listener.woken.wait()))
                plants = listener.take()
                for plant in plants:
                    yield b"event: now\ndata: " + orjson.dumps({"plant": plant}) + b"\n\n"
                if not plants and not closing.is_set():
                    yield PING
        finally:
            end.cancel()
            self.leave(listener)


async def _wait_first(end: asyncio.Task[bool], woken: asyncio.Task[bool]) -> None:
    """Wait for either, or until a ping is due."""
    try:
        await asyncio.wait({woken, end}, timeout=PING_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        woken.cancel()
