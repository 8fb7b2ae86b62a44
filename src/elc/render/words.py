"""What pages write alike: counts in words, lists of names, and text that is no Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from elc.language import format_number, say, say_list

NBSP = "\u00a0"
MISSING = "–"
_SPACES = re.compile(r"[ \t\r\n]+")
_SPECIAL = re.compile(r"([\\`*_\[\]{}<>|#@$~^\"'!])")


def join_lines(text: str) -> str:
    """Put a text into one line; spaces at which no line breaks stay as they are."""
    return _SPACES.sub(" ", text).strip()


def escape(text: str) -> str:
    """Put a text into one line in which Markdown finds nothing to do."""
    # Two hyphens would become a dash, and a command that is to be copied another one.
    return _SPECIAL.sub(r"\\\1", join_lines(text)).replace("--", r"\-\-")


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
