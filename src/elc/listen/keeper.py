"""Keep the readings of one plant: leave out duplicates, set aside invalid ones, and write the rest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from elc.errors import ElcError
from elc.files.readings import SCHEMA
from elc.listen.log import write_log, write_log_seldom
from elc.listen.model import EPOCH, FIRST_US, MICRO, SHOWN_CHARACTERS, Delivery, Reading, Reject, Rejects, now_us
from elc.listen.recent import Marks, Recent, build_marks
from elc.listen.rejected import fold, write_rejects
from elc.listen.store import Store
from elc.paths import Project
from elc.settings import ListenSettings, read_tags

MINUTE_S = 60
MOST_NAMES = 1000  # of unknown tags that are told apart; more are counted together
NAME_CHARACTERS = 200


@dataclass
class Pending:
    """What is still to be written; each part goes from here once it is on the disk."""

    parts: list[tuple[date, pa.Table, Marks]]
    rejects: list[Reject]


@dataclass
class Counts:
    """What became of the readings of a plant since the start."""

    readings: int = 0
    doubled: int = 0
    rejected: int = 0
    sequence_gaps: int = 0
    rejected_whole: int = 0
    unknown_tags: Counter[str] = field(default_factory=Counter)


class Keeper:
    """The readings of one plant."""

    def __init__(self, project: Project, plant: str, settings: ListenSettings) -> None:
        self.plant, self.counts = plant, Counts()
        self.last_us: int | None = None
        self._settings, self._folder = settings, project.listen(plant)
        self._list, self._list_time = project.tags(plant), 0
        self._tags: frozenset[str] = frozenset()
        self._read_list(is_first=True)
        self._started = now_us(), time.monotonic_ns()
        self.store = Store(project, plant)
        self._recent = Recent(settings.doubled_min * MINUTE_S)
        self._recent.add(self.store.read_last(settings.doubled_min * MINUTE_S))

    def prepare(self, deliveries: Sequence[Delivery]) -> Pending:
        """Sort what has arrived into what is written, and count the rest: doubled, unknown, rejected."""
        self._read_list(is_first=False)
        rejects: list[Reject] = []
        readings: list[Reading] = []
        latest = self._find_now() + int(self._settings.max_ahead_min * MINUTE_S * 1e6)
        for delivery in deliveries:
            self.counts.sequence_gaps += delivery.counts.get("sequence_gaps", 0)
            self.counts.rejected_whole += delivery.counts.get("rejected_whole", 0)
            found = [one for one in delivery.rejects if not one.tag or self._knows(one.tag, one.count)]
            strange = Rejects("")
            for reading in delivery.readings:
                if not self._knows(reading.tag):
                    continue
                if FIRST_US <= reading.time_us <= latest:
                    readings.append(reading)
                else:
                    content = f"value {reading.value}, quality {reading.quality}"
                    strange.add(_explain_time(reading.time_us), content, tag=reading.tag)
            found += strange.build()
            self.counts.rejected += sum(reject.count for reject in found)
            rejects += fold(found)
        return Pending(self._cut(readings), rejects)

    def can_take(self, delivery: Delivery) -> bool:
        """Tell whether the readings of a delivery make a table at all; the log says why they do not."""
        try:
            build_marks(build_table([reading for reading in delivery.readings if reading.tag in self._tags]))
        except Exception as error:  # whatever it is, the message must not be sent again for ever
            write_log_seldom("error", "unwritable", plant=self.plant, fault=repr(error)[:SHOWN_CHARACTERS])
            return False
        return True

    def _find_now(self) -> int:
        """The present time in microseconds since 1970; where this machine's clock was set back, as if it were not.

        Else every reading would lie in the future, and be rejected.
        """
        start_us, start_ns = self._started
        return max(now_us(), start_us + (time.monotonic_ns() - start_ns) // 1000)

    def write(self, pending: Pending) -> None:
        """Write what is pending; it can be called again after a fault, and goes on where it was.

        Raises:
            OSError: the disk is full, or cannot be written.
        """
        while pending.parts:
            day, table, marks = pending.parts[0]
            self.store.write(table, day)
            self._recent.add([marks])
            self.counts.readings += len(table)
            newest = pc.max(table["time"].cast(pa.int64())).as_py()
            self.last_us = max(newest, self.last_us or newest)
            pending.parts.pop(0)
        write_rejects(self._folder, pending.rejects, max_mib=self._settings.max_rejected_mib)
        pending.rejects.clear()

    def merge(self) -> list[date]:
        """Make one file of each day that is over; what may still be needed against doubles is left alone."""
        return self.store.merge(datetime.now(UTC).date(), min_age_s=self._settings.doubled_min * MINUTE_S)

    def _cut(self, readings: Sequence[Reading]) -> list[tuple[date, pa.Table, Marks]]:
        """Leave out what came before, and cut the rest by the day that it belongs to."""
        if not readings:
            return []
        table = build_table(readings)
        marks = build_marks(table)
        is_new = self._recent.find_new(marks)
        self.counts.doubled += len(readings) - int(is_new.sum())
        table, marks = table.filter(pa.array(is_new)), marks[is_new]
        days = pc.floor_temporal(table["time"], unit="day").cast(pa.int64()).to_numpy()
        parts = []
        for day_us in sorted(set(days.tolist())):
            is_day = days == day_us
            day = (EPOCH + timedelta(microseconds=day_us)).date()
            parts.append((day, table.filter(pa.array(is_day)), marks[is_day]))
        return parts

    def _knows(self, tag: str, count: int = 1) -> bool:
        """Tell whether the tag list names a tag; one that it does not is counted by its cut name."""
        if tag in self._tags:
            return True
        tag = tag[:NAME_CHARACTERS]
        unknown = self.counts.unknown_tags
        if tag not in unknown and len(unknown) >= MOST_NAMES:
            tag = "(others)"
        if tag not in unknown:
            write_log_seldom("warning", "unknown_tag", plant=self.plant, tag=tag, list=str(self._list))
        unknown[tag] += count
        return False

    def _read_list(self, *, is_first: bool) -> None:
        """Read the tag list again when it has changed; a list with faults leaves the former one in use."""
        try:
            changed = self._list.stat().st_mtime_ns if self._list.exists() else -1
            if changed == self._list_time:
                return
            tags = frozenset(tag.tag for tag in read_tags(self._list, self.plant).read.tags if not tag.is_computed)
        except (ElcError, OSError) as error:
            if is_first:
                raise
            write_log("error", "tag_list", plant=self.plant, fault=str(error))
            return
        self._tags, self._list_time = tags, changed
        for tag in tags:
            self.counts.unknown_tags.pop(tag, None)


def build_table(readings: Sequence[Reading]) -> pa.Table:
    """Build the table of some readings, in the order in which they came: time, tag, value, quality."""
    tags, times, values, qualities = zip(*readings, strict=True)
    columns = [pa.array(times, pa.int64()).cast(SCHEMA.field("time").type), tags, values, qualities]
    return pa.table([pa.array(column, kind.type) for column, kind in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def _explain_time(time_us: int) -> str:
    try:
        moment = (EPOCH + time_us * MICRO).isoformat()
    except OverflowError:
        moment = f"{time_us // 1_000_000} s since 1970"
    return f"time {moment} is before 2000 or in the future; check the clocks of the sender and of this machine"
