"""Keep numbers with their units on every page: no line ends between them."""

from __future__ import annotations

import re

from elc.fields import UNITS
from elc.pages.language import NBSP

# A line does not end between a number and its unit, nor within t CO₂; units that are words, such as days, may move.
_SIGNS = {unit.sign for unit in UNITS.values() if unit.sign and not re.fullmatch(r"[a-z]{2,}|\(.*", unit.sign)}
_SIGNS |= {"GJ", "TJ", "kWh", "MWh", "GWh", "MMBtu", "Gcal", "kW", "kr", "€", "$", "£"}
_LOOSE = rf"(?<=\d) (?=(?:{'|'.join(map(re.escape, sorted(_SIGNS)))})(?!\w))|(?<=\bt) (?=CO₂)"
# A fence that is raw holds what a page shows; any other, and code in a line, is copied by whoever reads it.
_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<kind>[^\n`]*)\n(?P<inside>.*?)^(?P=fence)[ ]*$", re.DOTALL | re.MULTILINE)
_JOINS = re.compile(
    rf"(?P<kept><(?P<tag>svg|script|style)\b.*?</(?P=tag)>|<[A-Za-z/!][^>]*>|`[^`\n]+`)|{_LOOSE}", re.DOTALL
)


def keep_units(text: str) -> str:
    """Put no-break spaces before the units of numbers in what a page (Markdown) shows."""
    parts, end = [], 0
    for found in _FENCE.finditer(text):
        is_raw = found["kind"].strip().startswith("{=")
        parts += [_join(text[end : found.start()]), _join(found[0]) if is_raw else found[0]]
        end = found.end()
    return "".join([*parts, _join(text[end:])])


def _join(text: str) -> str:
    return _JOINS.sub(lambda found: found["kept"] or NBSP, text)
