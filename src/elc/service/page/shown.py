"""What is shown of each plant: its present hour, read once, and the former one while the next is being made.

The stages of an hour write their files one after the other, so that for a while these are of two hours. Until they are
of one again, the last hour that was whole goes on being shown, for `HOLD_S` at most; then what can be read is shown,
with what is wrong. Each process of the service remembers its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from elc.paths import Project
from elc.service.page.files import Stamp, stamp_files

Content = dict[str, Any]
HOLD_S = 600.0  # ASSUME: an hour of a plant is made in less


@dataclass
class _Kept:
    """Of a plant: what was built last and from which files, the last that was whole, and since when it is not."""

    stamp: Stamp
    content: Content
    whole: Content | None = None
    broken_since: float | None = None


@dataclass(frozen=True)
class Shown:
    """What is shown of plants; `build` reads the present hour of one (see `now.read_now`)."""

    project: Project
    build: Callable[[str], Content]
    clock: Callable[[], float] = monotonic
    _kept: dict[str, _Kept] = field(default_factory=dict)

    def read(self, plant: str) -> Content:
        """Read the present hour, from memory where no file has changed since; blocks."""
        stamp = stamp_files(self.project, plant)
        kept = self._kept.get(plant)
        if kept is None or kept.stamp != stamp:
            kept = self._renew(plant, stamp, kept)
        return kept.whole if kept.whole is not None and self._is_held(kept) else kept.content

    def _renew(self, plant: str, stamp: Stamp, former: _Kept | None) -> _Kept:
        content = self.build(plant)
        kept = _Kept(stamp, content, content)
        if not is_whole(content):
            since = None if former is None else former.broken_since
            kept.whole = None if former is None else former.whole
            kept.broken_since = self.clock() if since is None else since
        self._kept[plant] = kept
        return kept

    def _is_held(self, kept: _Kept) -> bool:
        return kept.broken_since is None or self.clock() - kept.broken_since < HOLD_S

    def stamp(self, plant: str) -> tuple[Stamp, bool]:
        """Stamp what is shown of a plant: it changes with its files, and when the former hour is shown no longer."""
        kept = self._kept.get(plant)
        return stamp_files(self.project, plant), kept is None or self._is_held(kept)


def is_whole(content: Content) -> bool:
    """Whether all that an answer is made of could be read, and is about one hour."""
    return bool(content["has_hour"]) and not content["notes"]
