"""What pages write alike: numbers of sensible digits, counts in words, lists of names."""

from __future__ import annotations

import math
from collections.abc import Sequence

from elc.language import format_number, say, say_list

NBSP = "\u00a0"
MISSING = "–"


def build_number(value: float | None) -> str:
    """Build a number of two or three sensible digits; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return MISSING
    return format_number(value, 1 if abs(value) < 9.95 else 0)


def build_count(count: int) -> str:
    """Build a count, up to twelve in a word."""
    words = (
        say("no"), say("one"), say("two"), say("three"), say("four"), say("five"), say("six"), say("seven"),
        say("eight"), say("nine"), say("ten"), say("eleven"), say("twelve"),
    )  # fmt: skip
    return words[count] if count < len(words) else format_number(count, 0)


def build_list(names: Sequence[str]) -> str:
    """Build a list: `a, b and c`."""
    return say_list(names)


def start(sentence: str) -> str:
    """Start a sentence with a capital letter, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]
