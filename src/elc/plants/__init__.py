"""The plants of a project: one is drafted from an export, added by configuration alone, renamed, and removed."""

from __future__ import annotations

from elc.plants.add import add_plant
from elc.plants.draft import Draft, draft_plant
from elc.plants.remove import Remains, find_remains, remove_plant
from elc.plants.rename import find_moves, rename_plant

__all__ = [
    "Draft",
    "Remains",
    "add_plant",
    "draft_plant",
    "find_moves",
    "find_remains",
    "remove_plant",
    "rename_plant",
]
