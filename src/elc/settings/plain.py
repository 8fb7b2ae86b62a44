"""Texts that stand on pages, in mails and in a terminal: words alone, nothing that any of them would do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator

MOST_LETTERS = 500
_MARKUP = re.compile(r"[<>`{}\[\]\\|$\x00-\x1f\x7f]|^[=+@]|javascript:", re.IGNORECASE)


def _check_plain(text: str) -> str:
    if found := _MARKUP.search(text):
        raise ValueError(f"{found[0]!r} cannot be part of a name on a page; use plain text")
    if len(text) > MOST_LETTERS:
        raise ValueError(f"it has {len(text)} characters, expected at most {MOST_LETTERS}")
    return text


Plain = Annotated[str, AfterValidator(_check_plain)]


def find_markup(content: Any, where: str) -> Iterator[str]:
    """Find what is more than words in the texts of a JSON, keys included; a fault names the place."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from find_markup(str(key), f"a key of {where}")
            name = "?" if _MARKUP.search(str(key)) else key
            yield from find_markup(value, f"{where}.{name}"[:80])
    elif isinstance(content, list):
        for value in content:
            yield from find_markup(value, where)
    elif isinstance(content, str) and (found := _MARKUP.search(content)):
        yield f"{where} holds {found[0]!r}, which a page could read as markup. Use plain text."
