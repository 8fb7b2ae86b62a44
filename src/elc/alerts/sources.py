"""Where alerts come from: what monitor left, the stages that failed, and the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from elc.errors import ElcError
from elc.failures import SUFFIX, find_failures, read_failure
from elc.fields import TIME
from elc.pages import language
from elc.paths import Project
from elc.records import RecordError
from elc.records.alerts import UNJUDGED, Alert, build_alert, read_alerts
from elc.settings import StageSettings

OF_MONITOR = ("gap", "energy", UNJUDGED, "violation", "failed")
OF_STAGES = ("stage",)
OF_CLOCK = ("stale", "future")
# ASSUME: clocks differ by minutes, and the last interval may be one that goes on.
AHEAD = timedelta(hours=1)


@dataclass(frozen=True)
class OpenAlerts:
    """What is open of a plant; the kinds that could be told at all; and what was not readable, in sentences."""

    alerts: list[Alert]
    known: tuple[str, ...]
    faults: list[str]


def find_open(project: Project, settings: StageSettings, *, now: datetime, is_simulated: bool) -> OpenAlerts:
    """Find everything that is open of a plant at a moment (aware).

    The history of a simulated plant has an end, so it is neither late nor early.
    """
    plant = settings.plant_id
    alerts = _find_failures(project, plant, now)
    known: tuple[str, ...] = OF_STAGES
    if alerts and not project.operation("monitor", plant).is_dir():  # what failed is why nothing was ever judged
        return OpenAlerts(alerts, known, [])
    faults: list[str] = []
    try:
        alerts = read_alerts(project.operation("monitor", plant)) + alerts
        known += OF_MONITOR
    except ElcError as error:
        faults.append(str(error))
    try:
        last = None if is_simulated else read_last(project, settings)
    except ElcError as error:
        faults.append(str(error))
    else:
        alerts += [] if last is None else _find_late(last, settings, now)
        known += OF_CLOCK
    return OpenAlerts(alerts, known, faults)


def read_last(project: Project, settings: StageSettings) -> datetime | None:
    """Read when the last interval that monitor saw ended (UTC); None where it saw none.

    Raises:
        ElcError: there is no readable table of its hours.
    """
    import pandas as pd

    path = project.operation("monitor", settings.plant_id) / "hours.parquet"
    try:
        times = pd.read_parquet(path, columns=[TIME])[TIME]
    except (OSError, ValueError, KeyError) as error:
        what = "no such file" if isinstance(error, FileNotFoundError) else "not readable"
        again = f"Run elc run monitor {settings.plant_id}."
        raise ElcError(f"{path}: {what}, so nobody knows how old its data are. {again}") from None
    if times.empty:
        return None
    end: datetime = (times.max() + settings.plant.interval_length).to_pydatetime()
    return end.astimezone(UTC)


def _find_late(last: datetime, settings: StageSettings, now: datetime) -> list[Alert]:
    """Say that data stay away, or that they come from the future."""
    plant, stale_h = settings.plant_id, settings.alerts.stale_h
    words = {"plant": settings.plant.name, "time": _write_time(last, settings)}
    if last - now > AHEAD:
        sentence = language.say("{plant} has data dated in the future, up to {time}.", **words)
        advice = language.say("Check the clock of its historian.")
        return [build_alert(plant, "future", "data", sentence, since=None, last=now, advice=advice)]
    if stale_h is None or now - last <= timedelta(hours=stale_h):
        return []
    sentence = language.say("{plant} has sent no new data since {time}.", **words)
    advice = language.say("Check its export.")
    return [build_alert(plant, "stale", "data", sentence, since=last, last=now, advice=advice)]


def _write_time(time: datetime, settings: StageSettings) -> str:
    from zoneinfo import ZoneInfo

    return language.format_time(time.astimezone(ZoneInfo(settings.plant.time_zone)))


def _find_failures(project: Project, plant: str, now: datetime) -> list[Alert]:
    return [_read_failure(path, plant, now) for path in find_failures(project, plant)]


def _read_failure(path: Path, plant: str, now: datetime) -> Alert:
    stage = path.name.removesuffix(SUFFIX)
    try:
        failure = read_failure(path)
    except RecordError:
        sentence = f"stage {stage} {plant} failed, and its record {path.name} is not readable."
        return build_alert(plant, "stage", stage, sentence, since=None, last=now)
    since = datetime.fromisoformat(failure.since) if failure.since else None
    return build_alert(plant, "stage", stage, failure.sentence, since=since, last=now)
