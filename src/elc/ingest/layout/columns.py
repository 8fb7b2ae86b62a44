"""Which columns are time, tag, value and quality: the names that historians give them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from elc.errors import ElcError
from elc.ingest.layout.model import Fields
from elc.settings import Export, TagList

# Compared without capitals, spaces, _ and -; the first name that a table has counts.
TIME = ("time", "timestamp", "datetime", "eventtimestamp")
TAG = ("tag", "tagname", "point", "pointname", "name")
VALUE = ("value",)
QUALITY = ("opcquality", "quality", "status", "isgood", "good")
FLAGS = ("questionable", "substituted")
UNNAMED = "unnamed_time"

# AWS IoT SiteWise: records of the cold tier and of messages, the bulk import's columns, and its query views.
ALIAS = ("propertyalias", "alias")
SERIES = ("seriesid", "timeseriesid")
SECONDS = ("timeinseconds", "timestampseconds")
NANOS = ("offsetinnanos", "timestampnanooffset")
TYPED_VALUES = ("doublevalue", "integervalue", "intvalue", "booleanvalue", "stringvalue")


def find_fields(columns: Sequence[str], export: Export, tags: TagList) -> Fields:
    """Find what each column is.

    Raises:
        ElcError: there is no time, or neither tag and value nor a column of a tag.
    """
    plain = {_simplify(name): name for name in reversed(columns)}
    if _pick(plain, SECONDS) or _pick(plain, TYPED_VALUES):
        return _find_sitewise(plain, columns, export)
    time = _find_time(plain, columns, export)
    alias, value = _pick(plain, TAG), _pick(plain, VALUE)
    if alias and value and time not in (alias, value):
        flags = tuple(plain[name] for name in FLAGS if name in plain)
        return Fields(time, (value,), alias=alias, quality=_pick(plain, QUALITY), flags=flags)
    wide = tuple(tag.tag for tag in tags if tag.tag in columns)
    if not wide:
        raise ElcError(
            f"has neither the columns tag and value nor a column named as a tag; found {list_names(columns)}."
        )
    return Fields(time, wide)


def _find_sitewise(plain: dict[str, str], columns: Sequence[str], export: Export) -> Fields:
    parts = (plain["assetid"], plain["propertyid"]) if {"assetid", "propertyid"} <= plain.keys() else ()
    alias, series = _pick(plain, ALIAS), _pick(plain, SERIES)
    values = tuple(plain[name] for name in TYPED_VALUES if name in plain) or (_pick(plain, VALUE),)
    if not (alias or parts or series) or not values[0]:
        raise ElcError(
            "holds AWS IoT SiteWise values without propertyAlias, or assetId and propertyId; found "
            f"{list_names(columns)}. Add one of them to every record."
        )
    return Fields(
        time=_pick(plain, SECONDS) or _find_time(plain, columns, export),
        nanos=_pick(plain, NANOS),
        values=values,
        alias=alias,
        tag_parts=parts or ((series,) if series else ()),
        quality=_pick(plain, QUALITY),
    )


def _find_time(plain: dict[str, str], columns: Sequence[str], export: Export) -> str:
    if export.time_column is not None:
        if export.time_column not in columns:
            raise ElcError(f"has no column {export.time_column} (export.time_column); found {list_names(columns)}.")
        return export.time_column
    time = _pick(plain, TIME) or (UNNAMED if UNNAMED in columns else "")
    if not time:
        raise ElcError(f"has no time column; found {list_names(columns)}. Name it in export.time_column.")
    return time


def is_epoch_name(name: str) -> bool:
    """Tell whether a time column's name says that it counts seconds since 1970."""
    return _simplify(name) in SECONDS


def check_names(columns: Sequence[str]) -> None:
    """Check that no column stands twice; the engines do not tell capitals from small letters.

    Raises:
        ElcError: naming each such column.
    """
    small = [name.lower() for name in columns]
    doubled = sorted({name for name in columns if small.count(name.lower()) > 1})
    if doubled:
        raise ElcError(f"has more than one column named {', '.join(doubled)}. Keep one of each.")


def list_names(names: Sequence[str]) -> str:
    """List at most eight names, in words."""
    shown = ", ".join(names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown


def _pick(plain: dict[str, str], names: Sequence[str]) -> str:
    return next((plain[name] for name in names if name in plain), "")


def _simplify(name: str) -> str:
    return re.sub(r"[\s_-]", "", name.rpartition(".")[2].lower())
