"""The run of one plant: its sources one after the other, each window's readings into the day files, then the state.

A source that fails stops no other, and what it gave before is kept. Nothing is noted as asked for before its readings
are on the disk, and readings that are there already are not written twice: so a run may be killed anywhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tqdm import tqdm

from elc.errors import ElcError
from elc.fetch.ask import Line
from elc.fetch.intake import Intake
from elc.fetch.kinds import open_source
from elc.fetch.names import name_in_source
from elc.fetch.pages import TagFault
from elc.fetch.plan import Window, note_window, plan_windows
from elc.fetch.source import SourceError
from elc.fetch.state import State
from elc.files import open_plain, try_lock
from elc.files.readings import DayReadings, Taken
from elc.paths import Project
from elc.records.fetch import AskedSource
from elc.settings import TagList, read_plant, read_tags
from elc.settings.fetch import SourceSettings

MOVABLE = "data/fetch"
FOLDER = "fetched"  # inside the export
NIGHT_PAUSE_S = 60.0


@dataclass(frozen=True)
class Wanted:
    """What a run is to bring.

    Args:
        since: the first moment that is wanted (aware); None for what was asked for before, or the source says.
        is_again: whether all since then is asked for again.
        longest_s: after so long no further window of a history is begun; None where it waits for its hours.
    """

    since: datetime | None = None
    is_again: bool = False
    longest_s: float | None = None


@dataclass(frozen=True)
class Fetched:
    """What a run brought: readings that were new and that corrected others, and why some are missing, in sentences.

    `left` counts the windows of a history that are left to the next run.
    """

    taken: Taken = field(default_factory=Taken)
    failures: tuple[str, ...] = ()
    left: int = 0


def fetch_plant(
    project: Project, plant: str, wanted: Wanted, *, get_now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Fetched:
    """Fetch what is new of a plant into `data/raw/<plant>/fetched`.

    Raises:
        ElcError: the plant has no sources, another run fetches it, or its files cannot be written.
    """
    settings = read_plant(project, plant).plant
    if not settings.sources:
        raise ElcError(
            f"plant {plant}: has no sources in params.yaml, expected at least one. Add one under "
            f"plants.{plant}.sources (docs/fetch.md)."
        )
    _check_export(project, plant)
    tags = read_tags(project.tags(plant), plant)
    with _hold(project, plant):
        return Run(project, settings.sources, settings.time_zone, tags, wanted, get_now).run()


def _check_export(project: Project, plant: str) -> None:
    """Check that an export which DVC knows is here: it is not brought any more once its folder exists."""
    raw = project.raw(plant)
    if raw.with_name(f"{raw.name}.dvc").exists() and not raw.exists():
        name = raw.relative_to(project.root)
        raise ElcError(f"plant {plant}: {name} is known to DVC, and is not here. Bring it first: dvc pull {name}")


@contextmanager
def _hold(project: Project, plant: str) -> Iterator[None]:
    path = project.fetch(plant) / ".lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_plain(path, is_made=True) as file:
        if not try_lock(file, wait_s=0):
            raise ElcError(f"plant {plant}: another run fetches its readings now. Try again when it has ended.")
        yield


class Run:
    """One run of one plant: its sources, the time zone of the site, and its tag list."""

    def __init__(
        self,
        project: Project,
        sources: Sequence[SourceSettings],
        time_zone: str,
        tags: TagList,
        wanted: Wanted,
        get_now: Callable[[], datetime],
    ) -> None:
        self._sources, self._zone, self._tags = sources, ZoneInfo(time_zone), tags
        self._wanted, self._get_now = wanted, get_now
        self._end = None if wanted.longest_s is None else time.monotonic() + wanted.longest_s
        temporary = project.fetch(tags.plant) / ".writing.parquet"
        self._days = DayReadings(project.raw(tags.plant) / FOLDER, temporary=temporary, movable=MOVABLE)
        self._state = State(project, tags.plant, self._days)
        self._fetched = Fetched()

    def run(self) -> Fetched:
        """Ask every source; what is missing is written for ingest, and what came for the next run."""
        faults = {source.name: self._fetch(source) for source in self._sources}
        now = self._now()
        self._state.write_faults(faults, now)
        self._state.write(now)
        return self._fetched

    def _fetch(self, settings: SourceSettings) -> list[TagFault]:
        """Fetch from one source; say what is missing."""
        where = f"plant {self._tags.plant}: source {settings.name}"
        intake = Intake(name_in_source(self._sources, settings, self._tags), self._days, self._now())
        fault = ""
        try:
            first = self._find_first(settings, where)
            with Line(lambda: open_source(settings, where), requests_per_min=settings.requests_per_min) as line:
                self._fetch_windows(line, settings, intake, first)
        except SourceError as error:
            fault = str(error)
        former = self._state.sources.get(settings.name)
        self._state.sources[settings.name] = AskedSource(
            last_answer=self._now() if not fault else former.last_answer if former else None,
            fault=fault or None,
            new=intake.taken.new,
            corrected=intake.taken.corrected,
            outside=intake.outside,
        )
        failures = [fault] if fault else []
        self._fetched = replace(
            self._fetched,
            taken=self._fetched.taken + intake.taken,
            failures=(*self._fetched.failures, *failures),
        )
        return [*intake.faults, *(TagFault("", "failed", 1, sentence) for sentence in failures)]

    def _find_first(self, settings: SourceSettings, where: str) -> datetime:
        told = datetime.fromisoformat(settings.since).replace(tzinfo=UTC) if settings.since else None
        first = self._wanted.since or told or self._state.first
        if first is None:
            raise SourceError(
                f"{where}: holds no readings yet, and no first day is given. Give it once, as in elc fetch "
                f"{self._tags.plant} --since 2024-01-01, or as since of the source in params.yaml."
            )
        return first

    def _fetch_windows(self, line: Line, settings: SourceSettings, intake: Intake, first: datetime) -> None:
        tags, is_again = list(intake.names), self._wanted.is_again
        windows = list(plan_windows(tags, self._state.tags, settings, first=first, now=intake.now, is_again=is_again))
        title = f"{self._tags.plant} {settings.name}"
        with tqdm(total=len(windows), desc=title, unit="period", disable=None, leave=False) as bar:
            for number, window in enumerate(windows):
                if number and not self._may_go_on(settings):
                    self._fetched = replace(self._fetched, left=self._fetched.left + len(windows) - number)
                    return
                self._fetch_window(line, window, intake)
                bar.update()

    def _fetch_window(self, line: Line, window: Window, intake: Intake) -> None:
        last: dict[str, datetime] = {}
        for table in line.ask([intake.names[tag] for tag in window.tags], window.start, window.end):
            newest = intake.take(table, window)
            last |= {tag: max(moment, last.get(tag, moment)) for tag, moment in newest.items()}
        intake.note(line.faults)
        for tag in window.tags:
            self._state.tags[tag] = note_window(self._state.tags.get(tag), window, now=intake.now, last=last.get(tag))
        self._state.write(self._state.former_time or intake.now)

    def _may_go_on(self, settings: SourceSettings) -> bool:
        """Wait for the hours in which a history may be read; False where the rest is left to the next run."""
        if self._end is not None and time.monotonic() >= self._end:
            return False
        while settings.night_hours and not is_within(self._get_now().astimezone(self._zone).hour, settings.night_hours):
            if self._end is not None:
                return False
            time.sleep(NIGHT_PAUSE_S)
        return True

    def _now(self) -> datetime:
        return self._get_now().replace(microsecond=0)


def is_within(hour: int, hours: list[int]) -> bool:
    """Tell whether an hour of the day lies from the first to before the second, which may be of the next day."""
    begin, end = hours
    return begin <= hour < end if begin <= end else hour >= begin or hour < end
