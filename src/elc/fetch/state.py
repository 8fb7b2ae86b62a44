"""What is known of a plant's sources between two runs: for what each tag was asked, and what could not be had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from elc.fetch.pages import TagFault
from elc.files.readings import DayReadings
from elc.paths import Project
from elc.records import write_record
from elc.records.fetch import (
    FAULTS,
    STATUS,
    AskedSource,
    AskedTag,
    FetchFault,
    FetchFaults,
    FetchStatus,
    read_fetch_faults,
    read_fetch_status,
)

# ASSUME: what could not be had half a year ago explains nothing that anyone still looks at.
KEPT = timedelta(days=180)


class State:
    """The state of one plant; it is written after the readings, so that a run that is killed asks again."""

    def __init__(self, project: Project, plant: str, days: DayReadings) -> None:
        self._days, self._faults, self._plant = days.folder, project.fetch(plant), plant
        former = read_fetch_status(days.folder)
        self.former_time = former.time if former else None
        self.tags: dict[str, AskedTag] = dict(former.tags) if former else _rebuild(days)
        self.sources: dict[str, AskedSource] = dict(former.sources) if former else {}

    @property
    def first(self) -> datetime | None:
        """The first moment that any tag was asked for."""
        return min((tag.asked_from for tag in self.tags.values()), default=None)

    def write(self, now: datetime) -> None:
        """Replace what is known of the readings."""
        record = FetchStatus(plant=self._plant, time=now, tags=self.tags, sources=self.sources)
        write_record(self._days / STATUS, record)

    def write_faults(self, found: Mapping[str, Iterable[TagFault]], now: datetime) -> None:
        """Replace faults.json by what was found of each source, where that says anything new.

        A fault that the last run found, too, goes on; of a source that failed, those of its tags do.
        """
        former = read_fetch_faults(self._faults)
        kept = {(one.source, one.kind, one.tag): one for one in former if one.until == self.former_time}
        fresh = {
            (source, fault.kind, fault.tag): _build_fault(source, fault, now)
            for source, faults in found.items()
            for fault in faults
        }
        lasting = {key: one.model_copy(update={"since": kept[key].since}) for key, one in fresh.items() if key in kept}
        others = [
            one for one in former if (one.source, one.kind, one.tag) not in lasting or one.until != self.former_time
        ]
        faults = [one for one in others if one.until > now - KEPT] + list((fresh | lasting).values())
        if faults != former:
            ordered = sorted(faults, key=lambda one: (one.since, one.source, one.tag, one.kind))
            write_record(self._faults / FAULTS, FetchFaults(plant=self._plant, faults=ordered))


def _build_fault(source: str, fault: TagFault, now: datetime) -> FetchFault:
    return FetchFault.model_validate(
        {"source": source, "kind": fault.kind, "tag": fault.tag, "since": now, "until": now, "example": fault.example}
    )


def _rebuild(days: DayReadings) -> dict[str, AskedTag]:
    """Find from the files alone for what each tag was asked, where there is no status."""
    first = days.find_first()
    if first is None:
        return {}
    return {tag: AskedTag(asked_from=first, asked_until=last, last=last) for tag, last in days.find_last().items()}
