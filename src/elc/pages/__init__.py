"""What is said of what was computed: words, tables and pictures, in the language that was chosen.

Each stage's page has its words in the module of the stage's name; `findings` and `reasons` say what several pages tell.
"""

from __future__ import annotations

import importlib
from types import ModuleType

PARTS = (
    "advise",
    "compare",
    "evaluate",
    "explain",
    "figures",
    "findings",
    "language",
    "meters",
    "monitor",
    "report",
    "speech",
)


def __getattr__(name: str) -> ModuleType:
    """Import a part when somebody names it: who says one page needs none of the others."""
    if name in PARTS:
        return importlib.import_module(f"elc.pages.{name}")
    raise AttributeError(f"module elc.pages has no attribute {name}")
