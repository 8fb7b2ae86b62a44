"""What pages write alike: counts in words, and lists of names."""

from __future__ import annotations

from collections.abc import Sequence

from elc.pages.language import format_number, say, say_list

NBSP = "\u00a0"
MISSING = "–"


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
