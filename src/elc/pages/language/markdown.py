"""Text from files on a page: Markdown finds nothing in it, so that no page does or shows what a file wants."""

from __future__ import annotations

import re

MARKS = ("cost", "good", "look", "small")  # the colours and sizes of words, as pages write them
_SPACES = re.compile(r"[ \t\r\n]+")
_SPECIAL = re.compile(r"([\\`*_\[\]{}<>|#@$~^\"'!])")
_MARKED = re.compile(rf"\\\[((?:[^\\]|\\[^\[\]])*)\\\]\\\{{\.({'|'.join(MARKS)})\\\}}")
_STRONG = re.compile(r"\\\*\\\*((?:[^\\]|\\[^*])+)\\\*\\\*")


def join_lines(text: str) -> str:
    """Put a text into one line; spaces at which no line breaks stay as they are."""
    return _SPACES.sub(" ", text).strip()


def escape(text: str) -> str:
    """Put a text into one line in which Markdown finds nothing to do."""
    # Two hyphens would become a dash, and a command that is to be copied another one.
    return _SPECIAL.sub(r"\\\1", join_lines(text)).replace("--", r"\-\-")


def escape_marked(text: str) -> str:
    """The same for a text that may hold what pages write themselves: `[words]{.cost}` and its like, and `**bold**`."""
    return _STRONG.sub(r"**\1**", _MARKED.sub(r"[\1]{.\2}", escape(text)))


def write_code(text: str) -> str:
    """Write a text as code in a line or a cell of a table; backticks, which would end it, are left out."""
    return f"`{join_lines(text).replace('`', '').replace('|', chr(92) + '|') or ' '}`"
