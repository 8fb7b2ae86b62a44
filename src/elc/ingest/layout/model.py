"""What must be known of a file to read it; files of equal layout are read together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["parquet", "csv", "json"]


@dataclass(frozen=True)
class Fields:
    """Where a table keeps what: names of columns, with a dot before what lies inside a structure.

    A wide table has no `tag`, and `values` are its tags. Else `tag` is the alias, or the parts of the name that stand
    in for it, and `values` are the columns of which one holds the value.
    """

    time: str
    values: tuple[str, ...]
    nanos: str = ""
    alias: str = ""
    tag_parts: tuple[str, ...] = ()
    quality: str = ""
    flags: tuple[str, ...] = ()

    @property
    def is_wide(self) -> bool:
        return not self.alias and not self.tag_parts

    @property
    def names(self) -> tuple[str, ...]:
        named = (self.time, self.nanos, self.alias, *self.tag_parts, *self.values, self.quality, *self.flags)
        return tuple(name for name in named if name)


@dataclass(frozen=True)
class Meaning:
    """What the content of a table shows: how its times, numbers and quality codes are meant.

    `time_unit` is that of whole-number times since 1970, empty for others; `codes`
    is opc_ua or opc_da, empty for words.
    """

    time_unit: str = ""
    is_utc: bool = False
    decimal: str = "."
    thousands: str = ""
    codes: str = ""
    has_quality: bool = True


@dataclass(frozen=True)
class Layout:
    """One way in which files are written. `types` are Parquet's, in the order of `columns`, and empty for text.

    `nest` names the message of AWS IoT SiteWise around the records (entries, entry, update), empty for plain records.
    """

    kind: Kind
    columns: tuple[str, ...]
    types: tuple[str, ...]
    fields: Fields
    meaning: Meaning
    delimiter: str = ""
    encoding: str = ""
    is_gzip: bool = False
    is_lines: bool = True
    nest: str = ""

    def type_of(self, column: str) -> str:
        """The Parquet type of a column; text for every other kind of file."""
        return self.types[self.columns.index(column)] if self.types else "string"

    def is_text(self, column: str) -> bool:
        return is_text(self.type_of(column))


def is_text(kind: str) -> bool:
    """Tell whether a Parquet type is text, plain or in a dictionary."""
    return kind in ("string", "large_string", "string_view") or kind.startswith("dictionary<values=string")
