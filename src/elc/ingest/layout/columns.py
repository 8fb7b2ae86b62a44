"""Which columns are time, tag, value, quality and unit: by the names that historians give them, or by the entry."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from elc.errors import ElcError
from elc.ingest.layout import vocabulary
from elc.ingest.layout.model import Fields, Item
from elc.ingest.layout.vocabulary import Groups, find_candidates, simplify
from elc.settings import Export, TagList

SUFFIXES = (".value", "_value", " value", "/value", ".wert")
QUALITY_SUFFIXES = tuple(
    f"{mark}{word}" for mark in "._/ " for word in ("quality", "status", "validity", "isgood", "q", "qc")
)


class Columns:
    """The columns of a table, by what they are called."""

    def __init__(self, names: Sequence[str], export: Export, tags: TagList) -> None:
        self.names, self.export = names, export
        self.listed = [tag.tag for tag in tags.used if not tag.is_computed]
        self.plain: dict[str, list[str]] = {}
        for name in names:
            self.plain.setdefault(simplify(name), []).append(name)

    def find(self, groups: Groups, key: str, *, wanted: bool = False) -> str:
        """Find the one column of a kind: the one that the entry names, or the only candidate; empty without.

        Raises:
            ElcError: the named one is missing, there are several candidates, or none of one that is wanted.
        """
        given = getattr(self.export, key)
        if given:
            if given not in self.names:
                raise ElcError(f"has no column {given} (export.{key}); found {list_names(self.names)}.")
            return str(given)
        found = [name for name in find_candidates(self.plain, groups) if name not in self.listed]
        if len(found) > 1:
            raise ElcError(
                f"has several columns for the same field: {list_names(found)}. Name the one in export.{key}."
            )
        if wanted and not found:
            raise ElcError(f"has no {key.replace('_', ' ')}; found {list_names(self.names)}. Name it in export.{key}.")
        return found[0] if found else ""

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The columns of the listed tags in a wide table, each with a column of its quality beside it."""
        return tuple(_find_items(self))

    def find_time(self) -> tuple[str, ...]:
        """Find the column of the time, or those of the date and of the time of day.

        Raises:
            ElcError: there is none, or more than one.
        """
        if self.export.time_column:
            found = tuple(name for name in self.export.time_column if name in self.names)
            if not found:
                wanted = " or ".join(self.export.time_column)
                raise ElcError(f"has no column {wanted} (export.time_column); found {list_names(self.names)}.")
            return found
        apart = self._find_apart()
        if apart:
            return apart
        time = [name for name in find_candidates(self.plain, vocabulary.TIME) if name not in self.listed]
        if len(time) > 1:
            raise ElcError(
                f"has several columns for the time: {list_names(time)}. Name the one in export.time_column, or the "
                "date and the time of day in a list."
            )
        if not time and vocabulary.UNNAMED in self.names:
            return (vocabulary.UNNAMED,)
        if not time:
            raise ElcError(f"has no time column; found {list_names(self.names)}. Name it in export.time_column.")
        return tuple(time)

    def _find_apart(self) -> tuple[str, ...]:
        """Find a date and a time of day in columns of their own."""
        days, clocks = (
            [column for name in names for column in self.plain.get(name, []) if column not in self.listed]
            for names in (vocabulary.DAY, vocabulary.CLOCK)
        )
        pairs = [(day, clock) for day in days for clock in clocks if day != clock]
        return pairs[0] if len(pairs) == 1 else ()


def find_fields(columns: Sequence[str], export: Export, tags: TagList, *, folder: str = "") -> Fields:
    """Find what each column is; a file without a column of tags may lie in a `folder` of the name of one.

    A list without tags takes a wide table's columns for tags, all but those of a time or a quality.

    Raises:
        ElcError: there is no time, or neither tag and value nor a column of a tag; or two columns could be the same.
    """
    known = Columns(columns, export, tags)
    is_sitewise = find_candidates(known.plain, vocabulary.SECONDS) or set(vocabulary.SITEWISE) & known.plain.keys()
    if is_sitewise and "floatvalue" not in known.plain:
        return _find_sitewise(known)
    pairs = _find_pairs(known)
    if pairs:
        return Fields(pairs[0].time, tuple(item.value for item in pairs), items=pairs)
    time, *clocks = known.find_time()
    items = known.items
    named = export.tag_column is not None or export.value_column is not None
    if items and len(items) == len(known.listed) and not named:
        return _build_wide(time, tuple(clocks), items)
    long = _find_long(known, time, tuple(clocks), folder)
    if long:
        return long
    if not items and not known.listed:
        items = tuple(_find_all(known, {time, *clocks}))
    if not items:
        raise ElcError(
            f"has neither the columns tag and value nor a column named as a tag; found {list_names(columns)}."
            f"{_find_like(known)}"
        )
    return _build_wide(time, tuple(clocks), items)


def _build_wide(time: str, clocks: tuple[str, ...], items: tuple[Item, ...]) -> Fields:
    is_plain = all(not item.quality and item.tag == item.value for item in items)
    return Fields(time, tuple(item.value for item in items), clocks=clocks, items=() if is_plain else items)


def _find_long(known: Columns, time: str, clocks: tuple[str, ...], folder: str) -> Fields | None:
    typed = tuple(column for name in vocabulary.TYPED for column in known.plain.get(name, []))
    is_named = known.export.tag_column is not None or known.export.value_column is not None
    taken = {time, *clocks}
    if not is_named and not (
        (folder or set(find_candidates(known.plain, vocabulary.TAG)) - taken)
        and (typed or set(find_candidates(known.plain, vocabulary.VALUE)) - taken)
    ):
        return None
    alias = known.find(vocabulary.TAG, "tag_column", wanted=not folder)
    is_typed = typed and not known.export.value_column
    values = typed if is_typed else (known.find(vocabulary.VALUE, "value_column", wanted=True),)
    if taken & {alias, *values}:
        return None
    return Fields(
        time,
        values,
        clocks=clocks,
        alias=alias,
        folder="" if alias else folder,
        quality=_find_quality(known),
        unit=known.find(vocabulary.UNIT, "unit_column"),
        flags=tuple(column for name in vocabulary.FLAGS for column in known.plain.get(name, [])),
    )


def _find_quality(known: Columns) -> str:
    return known.find(vocabulary.QUALITY, "quality_column")


def _find_items(known: Columns) -> Iterator[Item]:
    small = {name.lower(): name for name in known.names}
    # Most files are long, and have no column of any of the tags.
    stems = {name.casefold().removesuffix(end) for name in known.names for end in ("", *SUFFIXES)}
    for tag in known.listed:
        if tag.casefold() not in stems:
            continue
        ends = [tag + end for end in ("", *SUFFIXES)]
        values = [small[end.lower()] for end in ends if end.lower() in small and small[end.lower()].startswith(tag)]
        if values:
            yield Item(tag, values[0], _find_beside(tag, values[0], small))


def _find_all(known: Columns, taken: Collection[str]) -> Iterator[Item]:
    names = [name for name in known.names if name not in taken and not name.lower().endswith(QUALITY_SUFFIXES)]
    small = {name.lower(): name for name in known.names}
    yield from (Item(name, name, _find_beside(name, name, small)) for name in names)


def _find_beside(tag: str, value: str, small: dict[str, str]) -> str:
    stems = {tag.lower(), value.lower()}
    stems |= {stem[: -len(end)] for end in SUFFIXES for stem in list(stems) if stem.endswith(end)}
    found = sorted({small[stem + end] for stem in stems for end in QUALITY_SUFFIXES if stem + end in small})
    if len(found) > 1:
        raise ElcError(f"has several columns for the quality of {tag}: {list_names(found)}. Keep one of them.")
    return found[0] if found else ""


def _find_pairs(known: Columns) -> tuple[Item, ...]:
    """Find pairs of columns, each a time and the values of one tag at these times."""
    if known.export.time_column:
        return ()
    items, times = known.items, {}
    words = {name for group in vocabulary.TIME for name in group}
    for item in items:
        own = [
            name
            for name in known.names
            for rest in {name.removeprefix(item.tag), name.removesuffix(item.tag)} - {name, ""}
            if simplify(rest.strip(" ._/-")) in words
        ]
        if len(own) == 1:
            times[item.tag] = own[0]
    if len(times) < 2 or len(times) != len(items):
        return ()
    return tuple(Item(item.tag, item.value, item.quality, times[item.tag]) for item in items)


def _find_like(known: Columns) -> str:
    """Name which columns are tags of the list but for capitals."""
    small = {name.lower(): name for name in known.names}
    like = [f"{small[tag.lower()]} ({tag} in the tag list)" for tag in known.listed if tag.lower() in small]
    return f" Did you mean {', '.join(like[:4])}? Write the tags as the export does." if like else ""


def _find_sitewise(known: Columns) -> Fields:
    plain = known.plain
    parts = (plain["assetid"][0], plain["propertyid"][0]) if {"assetid", "propertyid"} <= plain.keys() else ()
    alias, series = known.find(vocabulary.ALIAS, "tag_column"), find_candidates(plain, vocabulary.SERIES)
    values = tuple(plain[name][0] for name in vocabulary.SITEWISE if name in plain)
    values = values or tuple(find_candidates(plain, vocabulary.VALUE)[:1])
    if not (alias or parts or series) or not values:
        raise ElcError(
            "holds AWS IoT SiteWise values without propertyAlias, or assetId and propertyId; found "
            f"{list_names(known.names)}. Add one of them to every record."
        )
    seconds, nanos = find_candidates(plain, vocabulary.SECONDS), find_candidates(plain, vocabulary.NANOS)
    return Fields(
        time=seconds[0] if seconds else known.find_time()[0],
        nanos=nanos[0] if nanos else "",
        values=values,
        alias=alias,
        tag_parts=parts or tuple(series[:1]),
        quality=_find_quality(known),
    )


def is_epoch_name(name: str) -> bool:
    """Tell whether a time column's name says that it counts seconds since 1970."""
    return simplify(name) in vocabulary.SECONDS[0]


def check_names(columns: Sequence[str]) -> None:
    """Check that no column appears twice; the engines do not tell capitals from small letters.

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
