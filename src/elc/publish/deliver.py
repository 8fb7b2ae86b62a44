"""Publish what each target does not have yet, and remember it once the target has taken it.

A run that is killed writes at most one batch again, which changes nothing; a target that is down gets the hours later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from elc.errors import ElcError
from elc.extras import say_missing
from elc.fields import GAP
from elc.files import hold_lock
from elc.paths import Project
from elc.publish.hours import Hour, build_hours, read_last
from elc.publish.mqtt import MqttWriter
from elc.publish.pi import PiWriter
from elc.publish.sql import SqlWriter
from elc.publish.target import Target
from elc.records import RecordError
from elc.records.published import Published, read_published, write_published
from elc.settings import PublishSettings, Settings, read_settings, read_tags

BATCH = 500  # hours


@dataclass(frozen=True)
class Sent:
    """What was published of a plant to a target: how many hours now, and in all; `fault` says what did not work."""

    plant: str
    target: str
    hours: int
    written: int
    fault: str = ""

    def say(self) -> str:
        """Say it in a sentence."""
        done = f"plant {self.plant}: {self.hours:,} hours published to {self.target}, {self.written:,} in all."
        if not self.fault:
            return done
        return (
            f"{done if self.hours else f'plant {self.plant}: {self.target}:'} {self.fault} The next run sends the rest."
        )


def publish_hours(project: Project, plants: Sequence[str]) -> list[Sent]:
    """Publish the hours of some plants of an environment to every target; none where `publish` names another one.

    A target that failed is not asked for the other plants, and stops no other target.

    Args:
        project: the operation of an environment.
        plants: their ids.

    Raises:
        ElcError: params.yaml or a tag list has faults.
    """
    settings = read_settings(project)
    if project.environment != find_published(settings):
        return []
    sent = []
    for name in settings.publish.names:
        target, fault = _build_target(name, settings.publish), ""
        for plant in plants:
            done = Sent(plant, name, 0, 0, fault) if fault else _publish(project, plant, name, target)
            fault = fault or done.fault
            sent.append(done)
    return [one for one in sent if one.hours or one.fault]


def find_published(settings: Settings) -> str:
    """Find the environment whose hours are published."""
    return settings.publish.environment or list(settings.environments)[-1]


def _build_target(name: str, settings: PublishSettings) -> Target:
    kind, _, key = name.partition(".")
    if kind == "mqtt":
        return MqttWriter(key, settings.mqtt[key], timeout_s=settings.timeout_s)
    if kind == "sql":
        return SqlWriter(key, settings.sql[key])
    return PiWriter(key, settings.pi[key], timeout_s=settings.timeout_s)


def _publish(project: Project, plant: str, name: str, target: Target) -> Sent:
    """Publish what a target lacks of a plant, and say what it did not take."""
    folder = project.operation("publish", plant)
    last = read_last(project, plant)
    if last is None:
        return Sent(plant, name, 0, 0)
    since = last - timedelta(days=read_settings(project).publish.days)
    fault = ""
    with hold_lock(folder / ".lock"):
        state = _read_state(folder / f"{name}.json", target.place, since=since)
        former = state.written
        setpoints = read_tags(project.tags(plant), plant).columns("setpoint")
        hours = build_hours(project, plant, setpoints=setpoints, since=state.since)
        try:
            for written in _write_owed(target, hours, state):
                state = written
                write_published(folder / f"{name}.json", state)
            _forget(folder / f"{name}.json", state, since)
        except (ElcError, OSError) as error:
            fault = str(error)
        except ModuleNotFoundError as error:
            fault = say_missing(error.name or "")
    return Sent(plant, name, state.written - former, state.written, fault)


def _read_state(path: Path, place: str, *, since: datetime) -> Published:
    """Read what a target has; nothing yet where it has another place, or the file cannot be read."""
    try:
        state = read_published(path)
    except RecordError:
        state = None
    if state is not None and state.place == place:
        return state
    return Published(place=place, since=since, hours={}, written=0)


def _write_owed(target: Target, hours: Sequence[Hour], state: Published) -> Iterator[Published]:
    """Write what a target lacks, batch by batch, and give what it has after each."""
    owed = _find_owed(hours, state)
    newest = next((hour for hour in reversed(hours) if hour.values[GAP] is not None), None)
    for first in range(0, len(owed), BATCH):
        batch = owed[first : first + BATCH]
        target.write(batch, newest=newest or batch[-1])
        done = {hour.start.isoformat(): hour.digest for hour in batch}
        state = state.model_copy(update={"hours": {**state.hours, **done}, "written": state.written + len(batch)})
        yield state


def _find_owed(hours: Sequence[Hour], state: Published) -> list[Hour]:
    """Find the hours that a target must get: judged ones that are new or corrected, and those judged no longer."""
    return [
        hour
        for hour in hours
        if (hour.values[GAP] is not None or hour.start.isoformat() in state.hours)
        and state.hours.get(hour.start.isoformat()) != hour.digest
    ]


def _forget(path: Path, state: Published, since: datetime) -> None:
    """Forget hours that are too old to be corrected, once all were sent."""
    kept = {start: digest for start, digest in state.hours.items() if datetime.fromisoformat(start) >= since}
    if len(kept) < len(state.hours):
        write_published(path, state.model_copy(update={"since": since, "hours": kept}))
