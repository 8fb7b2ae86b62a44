"""What a report takes from the records of others: versions, advice, alerts and findings of its period."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pandas as pd

from elc.advise import build_total, read_log, read_outcomes
from elc.errors import ElcError
from elc.fields import TIME
from elc.findings import build_frame, read_findings
from elc.paths import CANDIDATE, Project
from elc.records import read_lines
from elc.records.alerts import LOG, LoggedMessage
from elc.records.report import AdviceSum, Count, Ran
from elc.registry import Used, history, read_context
from elc.report.spans import Times


@dataclass(frozen=True)
class Known:
    """What is on record of a plant, whatever the period; all of it may be empty.

    `versions` are those that were in use, the earliest first.
    """

    log: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({TIME: []}))
    outcomes: pd.DataFrame = field(default_factory=pd.DataFrame)
    alerts: tuple[LoggedMessage, ...] = ()
    findings: pd.DataFrame = field(default_factory=lambda: build_frame([]))
    versions: tuple[Ran, ...] = ()


def read_known(project: Project, plant: str, used: Used, findings: pd.DataFrame) -> Known:
    """Read what is on record of a plant; `findings` are those about columns that the package lacks.

    Raises:
        ElcError: a file cannot be read.
    """
    folder, path = project.operation("advice", plant), project.operation("alerts", plant) / LOG
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    told = tuple(message for message in read_lines(lines, LoggedMessage) if message is not None)
    found = pd.concat([read_findings(project.findings(plant)), findings], ignore_index=True)
    return Known(read_log(folder), read_outcomes(folder), told, found, tuple(_read_versions(project, plant, used)))


def _read_versions(project: Project, plant: str, used: Used) -> list[Ran]:
    """Read which versions an environment held, the earliest first; a candidate has none."""
    if used.environment in ("", CANDIDATE):
        return []
    try:
        rows = history.build_history(read_context(project), plant)
    except ElcError:  # without a registry there is no history to tell
        return []
    spans = [held for row in rows for held in row.ran if held.environment == used.environment]
    return [
        Ran(version=held.version, start=_read_time(held.start), end=None if held.end is None else _read_time(held.end))
        for held in sorted(spans, key=lambda held: held.start)
    ]


def _read_time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def find_versions(known: Known, times: Times) -> tuple[Ran, ...]:
    """Find which versions were in use between a start and an end."""
    start, end = times
    return tuple(ran for ran in known.versions if ran.start < end and (ran.end is None or ran.end > start))


def sum_advice(known: Known, times: Times) -> AdviceSum | None:
    """Sum up the cases of advice that began between a start and an end; None where there was nothing."""
    start, end = times
    log, outcomes = known.log, known.outcomes
    logged = log[(log[TIME] >= start) & (log[TIME] < end)] if len(log) else log
    if logged.empty and outcomes.empty:
        return None
    began = outcomes[(outcomes["start"] >= start) & (outcomes["start"] < end)]
    if logged.empty and began.empty:
        return None
    total = build_total(began, end, days=(end - start).days + 1)
    is_judged = total.judged > 0
    first = min([log[TIME].min()] if len(log) else [], default=start)
    return AdviceSum(
        cases=total.cases,
        followed=total.followed,
        open=total.open,
        saved_gj=total.saved_gj if is_judged else None,
        low_gj=total.low_gj if is_judged else None,
        high_gj=total.high_gj if is_judged else None,
        is_shown=total.is_shown,
        since=first.to_pydatetime() if first > start and (outcomes.empty or outcomes["start"].min() > start) else None,
    )


def count_alerts(known: Known, times: Times) -> tuple[Count, ...]:
    """Count the alerts that were opened between a start and an end, by kind."""
    start, end = times
    opened = [one.kind for one in known.alerts if one.state == "open" and start <= (one.since or one.at) < end]
    return tuple(Count(kind=kind, column="", times=opened.count(kind), hours=0.0) for kind in sorted(set(opened)))


def count_findings(known: Known, times: Times) -> tuple[Count, ...]:
    """Count the findings of doubtful data that reach into a span, by check and column, with their hours in it."""
    start, end = times
    found = known.findings
    found = found[(found["start"] < end) & (found["end"] > start)]
    inside = found["end"].where(found["end"] < end, end) - found["start"].where(found["start"] > start, start)
    counted = found.assign(hours=inside.dt.total_seconds() / 3600)
    grouped = counted.groupby(["check", "column"], sort=True)["hours"].agg(["size", "sum"]).reset_index()
    return tuple(
        Count(kind=row["check"], column=row["column"], times=int(row["size"]), hours=float(row["sum"]))
        for row in grouped.to_dict("records")
    )
