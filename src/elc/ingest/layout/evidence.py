"""What a table's content shows of how its times, numbers and quality codes are meant; never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from elc.errors import ElcError
from elc.ingest.layout.columns import is_epoch_name
from elc.ingest.layout.model import Fields, Meaning
from elc.settings import Export

SAMPLE_CELLS = 4000

# Numbers whose comma is a decimal comma without doubt; with three digits after it, it may divide thousands.
_COMMA = re.compile(r"[+-]?(\d*,(\d{1,2}|\d{4,})|(0|\d{4,}|),\d+|\d{1,3}([.\s]\d{3})+,\d+|\d+,\d+[eE][+-]?\d+)")
_DOT = re.compile(r"[+-]?(\d*\.(\d{1,2}|\d{4,})|(0|\d{4,}|)\.\d+|\d{1,3}([,\s]\d{3})+\.\d+|\d+\.\d+[eE][+-]?\d+)")
_GROUP_COMMA = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_GROUP_DOT = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d*)?")
_CODE = re.compile(r"[+-]?\d+(\.0+)?|0[xX][0-9a-fA-F]+")
# ASSUME: whole numbers of these lengths are times since 1970, from September 2001 on; 12 digits may be 202406011300.
UNITS = {10: "s", 13: "ms", 16: "us", 19: "ns"}


@dataclass
class Evidence:
    """Collects what texts of times, values and qualities show."""

    units: set[str] = field(default_factory=set)
    shapes: set[str] = field(default_factory=set)
    families: set[str] = field(default_factory=set)
    has_code: bool = False
    has_quality: bool = False

    def add_time(self, text: str) -> None:
        clean = text.strip()
        if clean:
            self.units.add(UNITS.get(len(clean), "") if clean.isdecimal() else "")

    def add_value(self, text: str) -> None:
        if "," not in text and "." not in text:
            return
        clean = text.strip()
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

    def add_quality(self, text: str) -> None:
        clean = text.strip()
        self.has_quality |= bool(clean)
        if not _CODE.fullmatch(clean):
            return
        self.has_code = True
        code = int(clean, 16) if clean[:2] in ("0x", "0X") else int(float(clean))
        if 192 <= code <= 255:
            self.families.add("opc_da")
        elif code < 0 or code >= 0x40000000:
            self.families.add("opc_ua")

    def is_decided(self, export: Export, *, with_quality: bool) -> bool:
        """Tell whether more rows can no longer settle what is open."""
        is_open_comma = export.decimal is None and self._is_comma_open
        is_open_code = export.quality_codes is None and self.has_code and not self.families
        return not (is_open_comma or is_open_code or (with_quality and not self.has_quality))

    @property
    def _is_comma_open(self) -> bool:
        return "group_comma" in self.shapes and not self.shapes & {"comma", "dot"}

    def build_meaning(self, export: Export, *, is_utc: bool) -> Meaning:
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
            codes=self._find_codes(export),
            has_quality=self.has_quality,
        )

    def _find_decimal(self, export: Export) -> str:
        if export.decimal is not None:
            return export.decimal
        if self._is_comma_open:
            raise ElcError(
                "has numbers as in 1,234 only, whose comma may be a decimal comma or divide thousands. "
                'Set export.decimal to "," or ".".'
            )
        # ASSUME: beside points that are decimal, a decimal comma is a slip: that reading is Bad.
        return "," if "comma" in self.shapes and "dot" not in self.shapes else "."

    def _find_codes(self, export: Export) -> str:
        if not self.has_code or export.quality_codes is not None:
            return export.quality_codes or ""
        if len(self.families) != 1:
            found = (
                "of both OPC UA and OPC DA" if self.families else "that OPC UA and OPC DA read in opposite ways, as 0"
            )
            raise ElcError(
                f"has quality codes {found}. Set export.quality_codes to opc_ua or opc_da, or export the words GOOD, "
                "UNCERTAIN and BAD."
            )
        return next(iter(self.families))


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
            if name == fields.time:
                evidence.add_time(str(cell))
            elif name == fields.quality:
                evidence.add_quality(str(cell))
            elif name in fields.values:
                evidence.add_value(str(cell))
        cells += len(row)
        if cells >= SAMPLE_CELLS and evidence.is_decided(export, with_quality=bool(fields.quality)):
            break
    meaning = evidence.build_meaning(export, is_utc=is_utc)
    return replace(meaning, time_unit="s", is_utc=True) if is_epoch_name(fields.time) else meaning
