"""The plants of a project: one is drafted from an export, added by configuration alone, renamed, and removed."""

from __future__ import annotations

from elc.plants.add import add_plant
from elc.plants.draft import Draft, draft_from_source, draft_plant
from elc.plants.like import Wish
from elc.plants.remove import Remains, find_remains, remove_plant
from elc.plants.rename import find_moves, rename_plant
from elc.plants.retire import retire_plant
from elc.plants.table import add_wishes, read_table

__all__ = [
    "Draft",
    "Remains",
    "Wish",
    "add_plant",
    "add_wishes",
    "draft_from_source",
    "draft_plant",
    "find_moves",
    "find_remains",
    "read_table",
    "remove_plant",
    "rename_plant",
    "retire_plant",
]
