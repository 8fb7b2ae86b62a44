"""What one source gives in one run: which of its readings are kept, and what is said of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from elc.fetch.pages import TagFault
from elc.fetch.plan import Window
from elc.files.readings import SCHEMA, DayReadings, Taken

# ASSUME: clocks differ by less; a reading that is further ahead waits until its time has come.
MOST_AHEAD = timedelta(minutes=5)


class Intake:
    """Takes readings of one source into the day files of a plant.

    Args:
        names: the source's name of each tag of the tag list.
        days: the day files.
        now: the present moment.
    """

    def __init__(self, names: Mapping[str, str], days: DayReadings, now: datetime) -> None:
        self.names, self.now = names, now
        self._tags = {name: tag for tag, name in names.items()}
        self._days = days
        self._faults: dict[tuple[str, str], TagFault] = {}
        self.taken, self.outside = Taken(), 0

    @property
    def faults(self) -> list[TagFault]:
        """What could not be taken, by the tag list's names, the last of each tag and kind."""
        return list(self._faults.values())

    def take(self, table: pa.Table, window: Window) -> dict[str, datetime]:
        """Take the readings that a window asked for; the others are counted, and those ahead of the clock are a fault.

        Returns:
            the time of the newest reading of each tag.
        """
        kind = table["time"].type
        is_before_end = pc.less(table["time"], pa.scalar(window.end, kind))
        is_asked = pc.and_(is_before_end, pc.greater_equal(table["time"], pa.scalar(window.start, kind)))
        is_known = pc.is_in(table["tag"], pa.array([self.names[tag] for tag in window.tags]))
        wanted = self._rename(table.filter(pc.and_(is_asked, is_known)))
        ahead = pc.greater(wanted["time"], pa.scalar(self.now + MOST_AHEAD, kind))
        if furthest := sorted(_find_last(wanted.filter(ahead)).items(), key=lambda one: one[1])[-1:]:
            ((tag, moment),) = furthest
            self._faults["ahead", ""] = TagFault("", "ahead", 1, f"{tag}, {moment:%Y-%m-%d %H:%M:%S} UTC")
        self.outside += len(table) - len(wanted)
        kept = wanted.filter(pc.invert(ahead))
        self.taken += self._days.take(kept)
        return _find_last(kept)

    def note(self, faults: Iterable[TagFault]) -> None:
        """Note what the source could not give."""
        for fault in faults:
            tag = self._tags.get(fault.tag, fault.tag)
            self._faults[fault.kind, tag] = TagFault(tag, fault.kind, fault.count, fault.example)

    def _rename(self, table: pa.Table) -> pa.Table:
        """Give tags their names in the tag list."""
        codes = table["tag"].combine_chunks().dictionary_encode()
        if not len(codes):
            return table
        names = pa.array([self._tags[name] for name in codes.dictionary.to_pylist()], pa.string())
        return table.set_column(SCHEMA.get_field_index("tag"), SCHEMA.field("tag"), names.take(codes.indices))


def _find_last(table: pa.Table) -> dict[str, datetime]:
    newest = table.group_by("tag").aggregate([("time", "max")])
    return dict(zip(newest["tag"].to_pylist(), newest["time_max"].to_pylist(), strict=True))
