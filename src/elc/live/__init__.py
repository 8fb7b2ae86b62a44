"""Play the demo plants, an hour every few seconds, in a copy of the project: what `elc live` does."""

from __future__ import annotations

from elc.live.copy import copy_project, find_plants
from elc.live.play import play

__all__ = ["copy_project", "find_plants", "play"]
