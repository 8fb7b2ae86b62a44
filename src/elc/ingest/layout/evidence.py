"""What a table's content shows of how its times, numbers and quality codes are meant; never a guess."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from elc.errors import ElcError
from elc.ingest.layout.codes import find_codes, is_certain
from elc.ingest.layout.columns import is_epoch_name
from elc.ingest.layout.model import Fields, Meaning
from elc.ingest.layout.zones import check_header, has_zone
from elc.settings import Export
from elc.units import is_unit

SAMPLE_CELLS = 4000

# Numbers whose comma is a decimal comma without doubt; with three digits after it, it may divide thousands.
_COMMA = re.compile(r"[+-]?(\d*,(\d{1,2}|\d{4,})|(0|\d{4,}|),\d+|\d{1,3}([.\s]\d{3})+,\d+|\d+,\d+[eE][+-]?\d+)")
_DOT = re.compile(r"[+-]?(\d*\.(\d{1,2}|\d{4,})|(0|\d{4,}|)\.\d+|\d{1,3}([,\s]\d{3})+\.\d+|\d+\.\d+[eE][+-]?\d+)")
_GROUP_COMMA = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_GROUP_DOT = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d*)?")
_CODE = re.compile(r"[+-]?\d+(\.0+)?|0[xX][0-9a-fA-F]+")
# ASSUME: whole numbers of these lengths are times since 1970, from September 2001 on; 12 digits may be 202406011300.
UNITS = {10: "s", 13: "ms", 16: "us", 19: "ns"}
# A date in digits alone, as 2024060113, would be of the year 2033 or later if it were counted since 1970.
_DIGITS = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-4])\d*")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{8}")
_ZONED = re.compile(r"\d ?([zZ]|UTC|[+-]\d{2}(:?\d{2})?)$")
MOST_CODES = 100
MOST_UNITS = 100
UNIT_FRAC = 0.5  # ASSUME: of the cells with a value; fewer are remarks, and no way of writing
# A number and what stands behind it; what that is, the table of units says.
WITH_UNIT = r"^\s*([+-]?[0-9][0-9.,' ]*(?:[eE][+-]?[0-9]+)?)\s*([^\s0-9.,'+-].*?)\s*$"
_WITH_UNIT = re.compile(WITH_UNIT)


class OpenError(ElcError):
    """What a file's numbers leave open, and other files of the export may settle."""


@dataclass
class Evidence:
    """Collects what texts of times, values and qualities show.

    `is_point`: a point in a number can only be decimal. `written` counts the units behind numbers, `cells` the values.
    """

    is_point: bool = False
    units: set[str] = field(default_factory=set)
    shapes: set[str] = field(default_factory=set)
    codes: Counter[int] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    cells: int = 0
    is_date: bool = True
    is_zoned: bool = True
    has_code: bool = False
    has_quality: bool = False

    def add_time(self, text: str) -> None:
        clean = text.strip()
        if clean:
            is_epoch = clean.isdecimal() and not _DIGITS.fullmatch(clean)
            self.units.add(UNITS.get(len(clean), "") if is_epoch else "")
            self.is_date &= _DATE.fullmatch(clean) is not None
            self.is_zoned &= bool(self.units - {""}) or _ZONED.search(clean) is not None

    def add_value(self, text: str) -> None:
        clean = text.strip()
        if not clean:
            return
        self.cells += 1
        if not (clean[-1].isdigit() or clean[-1] in ".,"):
            clean = self._part_unit(clean)
        if "," not in clean and "." not in clean:
            return
        found = [
            name
            for name, pattern in (
                ("comma", _COMMA),
                ("dot", _DOT),
                ("group_comma", _GROUP_COMMA),
                ("group_dot", _GROUP_DOT),
            )
            if pattern.fullmatch(clean)
        ]
        self.shapes.update(found)
        if clean.count(",") > 1 and "group_comma" in found:
            self.shapes.add("dot")  # 1,234,567: the comma divides thousands
        if clean.count(".") > 1 and "group_dot" in found:
            self.shapes.add("comma")

    def _part_unit(self, text: str) -> str:
        """Take the unit off a number, and count it; text that is none stays."""
        found = _WITH_UNIT.match(text)
        if not found:
            return text
        number, unit = found.groups()
        if unit not in self.written and (len(self.written) >= MOST_UNITS or not is_unit(unit)):
            return text
        self.written[unit] += 1
        return str(number).strip()

    def add_quality(self, text: str) -> None:
        clean = text.strip()
        self.has_quality |= bool(clean)
        if not _CODE.fullmatch(clean):
            return
        self.has_code = True
        code = int(clean, 16) if clean[:2] in ("0x", "0X") else int(float(clean))
        if code in self.codes or len(self.codes) < MOST_CODES:
            self.codes[code] += 1

    def is_decided(self, export: Export, *, with_quality: bool) -> bool:
        """Tell whether more rows can no longer settle what is open."""
        is_open_comma = export.decimal is None and self._is_comma_open
        is_given = export.quality_codes is not None or bool(export.quality)
        is_open_code = not is_given and self.has_code and not is_certain(self.codes)
        return not (is_open_comma or is_open_code or (with_quality and not self.has_quality))

    @property
    def _is_comma_open(self) -> bool:
        if self.shapes & {"comma", "dot"}:
            return False
        return "group_comma" in self.shapes or ("group_dot" in self.shapes and not self.is_point)

    def build_meaning(self, export: Export, *, is_utc: bool, name: str = "") -> Meaning:
        """Build the meaning.

        Raises:
            ElcError: the content leaves open what a comma or a quality code means.
        """
        unit = next(iter(self.units)) if len(self.units) == 1 and not export.time_format else ""
        decimal = self._find_decimal(export)
        other, group = (",", "group_comma") if decimal == "." else (".", "group_dot")
        clash = "comma" if decimal == "." else "dot"
        return Meaning(
            time_unit=unit,
            is_utc=is_utc or bool(unit),
            decimal=decimal,
            thousands=other if group in self.shapes and clash not in self.shapes else "",
            codes=find_codes(self.codes, export, name),
            has_quality=self.has_quality,
            units=tuple(sorted(self.written)) if self.written.total() >= UNIT_FRAC * max(self.cells, 1) else (),
            has_decimal=bool(self.shapes & {"comma", "dot"}),
            is_date=bool(self.units) and self.is_date,
        )

    def _find_decimal(self, export: Export) -> str:
        if export.decimal is not None:
            return export.decimal
        if self._is_comma_open:
            sign, word = (",", "comma") if "group_comma" in self.shapes else (".", "point")
            raise OpenError(
                f"has numbers as in 1{sign}234 only, whose {word} may be a decimal {word} or divide thousands. "
                'Set export.decimal to "," or ".".'
            )
        # ASSUME: beside points that are decimal, a decimal comma is a slip: that reading is Bad.
        return "," if "comma" in self.shapes and "dot" not in self.shapes else "."


def read_meaning(
    evidence: Evidence, rows: Iterable[Mapping[str, Any]], fields: Fields, export: Export, *, is_utc: bool
) -> Meaning:
    """Read rows until what they mean is decided, at least a sample of them.

    Raises:
        ElcError: all rows leave open what a comma or a quality code means.
    """
    cells = 0
    for row in rows:
        for name, cell in row.items():
            if cell is None:
                continue
            if name in fields.times:
                evidence.add_time(str(cell))
            elif name in fields.qualities:
                evidence.add_quality(str(cell))
            elif name in fields.values:
                evidence.add_value(str(cell))
        cells += len(row)
        if cells >= SAMPLE_CELLS and evidence.is_decided(export, with_quality=bool(fields.qualities)):
            break
    if not (is_utc or has_zone(export) or (evidence.units and evidence.is_zoned)):
        check_header(fields, export)
    meaning = evidence.build_meaning(export, is_utc=is_utc, name=fields.qualities[0] if fields.qualities else "")
    return replace(meaning, time_unit="s", is_utc=True) if is_epoch_name(fields.time) else meaning
