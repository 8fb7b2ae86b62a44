"""A plant's versions: what each is, who decided, where it ran from when to when, and what was in use on a day."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from elc.errors import ElcError
from elc.registry.context import Context
from elc.registry.events import Event
from elc.registry.history.moments import clean, read_zone
from elc.registry.history.verdict import find_status, read_decision, verify
from elc.registry.names import APPROVED
from elc.registry.state import Line, Version, VersionSpan

_LARGEST = 1e12  # of a number in a message


@dataclass(frozen=True)
class Held:
    """An environment held a version of a plant from `start` to `end` (seconds since 1970; None: still does).

    `by` and `reason` are of the tag that put it there.
    """

    environment: str
    version: str
    start: int
    end: int | None
    by: str
    reason: str


@dataclass(frozen=True)
class Decided:
    """A decision that counts: approved or rejected, at a second since 1970, by whom and why."""

    status: str
    time: int
    by: str
    reason: str


@dataclass(frozen=True)
class HistoryRow:
    """One version of a plant: its decisions and where it ran, both the earliest first.

    A number that is None and a text that is empty were not recorded.
    """

    version: str
    status: str
    commit: str
    package: str
    registered: int
    registered_by: str
    verdicts: tuple[Decided, ...]
    cv_rmse_frac: float | None
    coverage_best_frac: float | None
    rows: int | None
    first: str
    last: str
    ran: tuple[Held, ...]


def build_history(context: Context, plant: str) -> list[HistoryRow]:
    """Build a row for each version of a plant, the newest first.

    Raises:
        ElcError: params.yaml has no such plant.
    """
    line = context.line(plant)
    held = _find_held(context, line)
    return [
        _build_history_row(context, line, version, tuple(span for span in held if span.version == name))
        for name, version in reversed(line.versions.items())
    ]


def find_at(context: Context, plant: str, day: str) -> list[Held]:
    """Find what each environment held of a plant on a day such as 2026-05-01, in the time of its site.

    Several where it changed on that day; none where nothing was there yet, or the day is still to come.

    Raises:
        ElcError: params.yaml has no such plant, or `day` is not a date.
    """
    start, end = _read_day(day, read_zone(context, plant))
    held = _find_held(context, context.line(plant))
    if start > time.time():
        return []
    return [span for span in held if span.start < end and (span.end is None or span.end > start)]


def _read_day(day: str, zone: ZoneInfo) -> tuple[float, float]:
    try:
        first = date.fromisoformat(day)
        after = first + timedelta(days=1)
    except (ValueError, OverflowError):
        raise ElcError(f"day {clean(day)!r}: expected a date such as 2026-05-01.") from None
    start, end = (datetime(one.year, one.month, one.day, tzinfo=zone) for one in (first, after))
    return start.timestamp(), end.timestamp()


def _find_held(context: Context, line: Line) -> list[Held]:
    """Find what each environment held, the environments in order of promotion, the earliest first."""
    verify(context, line.events)
    spans = []
    for name in context.settings.environments:
        kept = tuple(event for event in line.events if not context.rules.find_problems(line, event, name))
        spans += [_build_held(name, span) for span in Line(line.plant, kept).spans(name)]
    return spans


def _build_held(environment: str, span: VersionSpan) -> Held:
    by, reason = _read_tag(span.event)
    return Held(environment, span.version, span.start, span.end, by, reason)


def _build_verdicts(context: Context, line: Line, version: Version) -> tuple[Decided, ...]:
    counted = [
        event for event in line.at(version.commit, APPROVED) if not context.rules.find_decision_problems(line, event)
    ]
    return tuple(Decided(read_decision(event), event.time, *_read_tag(event)) for event in counted)


def _read_tag(event: Event) -> tuple[str, str]:
    return clean(event.who), clean(str(event.fields.get("reason", "")))


def _build_history_row(context: Context, line: Line, version: Version, held: tuple[Held, ...]) -> HistoryRow:
    fields = version.registered.fields
    metrics = fields.get("metrics")
    status = find_status(context, line, version)
    return HistoryRow(
        version=version.version,
        status=status if version.is_active else f"deregistered, {status}",
        commit=version.commit,
        package=clean(version.package),
        registered=version.registered.time,
        registered_by=clean(version.registered.who),
        verdicts=_build_verdicts(context, line, version),
        cv_rmse_frac=_read_number(metrics, "cv_rmse_frac"),
        coverage_best_frac=_read_number(metrics, "coverage_best_frac"),
        rows=None if (rows := _read_number(metrics, "rows")) is None else int(rows),
        first=_read_date(fields.get("first")),
        last=_read_date(fields.get("last")),
        ran=held,
    )


def _read_number(metrics: Any, key: str) -> float | None:
    """Read a number of a message, which may be written by hand."""
    value = metrics.get(key) if isinstance(metrics, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _LARGEST else None


def _read_date(value: Any) -> str:
    """Read the UTC day of a time in ISO form; empty where it is none."""
    try:
        return datetime.fromisoformat(value).date().isoformat()
    except (TypeError, ValueError):
        return ""
