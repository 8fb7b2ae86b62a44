"""What must be known of a file to read it; files of equal layout are read together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["parquet", "csv", "json"]


@dataclass(frozen=True)
class Item:
    """One tag of a wide table: the columns of its values, of their quality, and of its own times (empty without)."""

    tag: str
    value: str
    quality: str = ""
    time: str = ""


@dataclass(frozen=True)
class Fields:
    """Where a table keeps what: names of columns, with a dot before what lies inside a structure.

    A wide table has no `tag`, and `values` are its tags. Else `tag` is the alias, or the parts of the name that stand
    in for it, and `values` are the columns of which one holds the value. `clocks` hold the rest of a time whose
    beginning `time` holds, as the time of day beside the date. `items` are the tags of a wide table in which they have
    columns of their own for quality or time, or columns of another name; `unit` is what a value is said to be in.
    `folder` is the one tag of a file that lies in a folder of its name, as in tag=FT-1.
    """

    time: str
    values: tuple[str, ...]
    nanos: str = ""
    alias: str = ""
    tag_parts: tuple[str, ...] = ()
    quality: str = ""
    flags: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    unit: str = ""
    folder: str = ""

    @property
    def times(self) -> tuple[str, ...]:
        """Every column with a time, or a part of one."""
        return tuple(dict.fromkeys([self.time, *self.clocks, *(item.time for item in self.items if item.time)]))

    @property
    def qualities(self) -> tuple[str, ...]:
        """Every column with a quality."""
        return tuple(name for name in (self.quality, *(item.quality for item in self.items)) if name)

    @property
    def is_wide(self) -> bool:
        return not self.alias and not self.tag_parts and not self.folder

    @property
    def names(self) -> tuple[str, ...]:
        named = (*self.times, self.nanos, self.alias, *self.tag_parts, *self.values, *self.qualities, *self.flags)
        return tuple(name for name in (*named, self.unit) if name)


@dataclass(frozen=True)
class Meaning:
    """What the content of a table shows: how its times, numbers and quality codes are meant.

    `time_unit` is that of numbers counted since 1970, empty for others; `codes` is as `export.quality_codes`, empty for
    words. `units` are those that stand behind the numbers, as in 13.8 MW. `is_date`: its times are dates without a time
    of day. `has_decimal`: `decimal` stands in some number.
    """

    time_unit: str = ""
    is_utc: bool = False
    decimal: str = "."
    thousands: str = ""
    codes: str = ""
    has_quality: bool = True
    units: tuple[str, ...] = ()
    is_date: bool = False
    has_decimal: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Layout:
    """One way in which files are written. `types` are Parquet's, in the order of `columns`, and empty for text.

    `nest` names the message of AWS IoT SiteWise around the records (entries, entry, update), empty for plain records.
    `is_opened`: it is the copy of a file that no engine reads, its times in ISO 8601.
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
    is_opened: bool = False

    def type_of(self, column: str) -> str:
        """The Parquet type of a column; text for every other kind of file."""
        return self.types[self.columns.index(column)] if self.types else "string"

    def is_text(self, column: str) -> bool:
        return is_text(self.type_of(column))


def is_text(kind: str) -> bool:
    """Tell whether a Parquet type is text, plain or in a dictionary."""
    return kind in ("string", "large_string", "string_view") or kind.startswith("dictionary<values=string")
