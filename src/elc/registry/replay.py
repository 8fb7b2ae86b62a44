"""A plant's tags, one after another, by the rules of `gto show`: which assignment holds a stage after each."""

from __future__ import annotations

from collections.abc import Mapping

from elc.registry.events import Event


class Replay:
    """The state of one stage; `commits` tells where each version is registered."""

    def __init__(self, commits: Mapping[str, str], stage: str) -> None:
        self._commits = commits
        self._stage = stage
        self._is_deprecated = False
        self._inactive: set[str] = set()
        self._last: dict[str, Event] = {}
        self._all: list[Event] = []
        self._stack: list[Event] = []

    def advance(self, event: Event) -> Event | None:
        """Take the next tag and return the assignment that holds the stage."""
        self._is_deprecated = event.action == "deprecate"
        if event.action in ("register", "deregister"):
            self._turn(event)
        elif event.stage == self._stage:
            self._last[event.commit] = event
            if event.action == "assign":
                self._all.append(event)
                self._stack.append(event)
        while self._stack and not self._holds(self._stack[-1]):
            self._stack.pop()
        return self._stack[-1] if self._stack and not self._is_deprecated else None

    def _turn(self, event: Event) -> None:
        commit = self._commits.get(event.version, event.commit)
        if event.action == "deregister":
            self._inactive.add(commit)
        elif commit in self._inactive:
            self._inactive.remove(commit)
            self._stack = list(self._all)

    def _holds(self, event: Event) -> bool:
        return event.commit not in self._inactive and self._last[event.commit] is event
