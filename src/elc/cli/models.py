"""The registry for a terminal: the fleet, a plant's history, and what was in use on a day."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from elc.registry import Context, Problem, find_former
from elc.registry import history as past
from elc.registry.history import FleetRow, Held, HistoryRow, Place

WIDTH = 120
GAP = "  "
NONE = "–"
WIDEST = 40  # of a text; what is longer goes on in the next line
SHOWN = 10
RIGHT = ("waiting", "typical error", "below best", "hours")  # columns of numbers

Table = Sequence[Sequence[str]]


def render_fleet(context: Context) -> str:
    """Render a line for each plant: its latest version, and what each environment holds since which UTC day."""
    rows = past.build_fleet(context)
    environments = list(context.settings.environments)
    header = ("plant", "latest", "status", "waiting", *environments)
    table = [header, *(_build_fleet_cells(row) for row in rows)]
    problems = [*itertools.chain.from_iterable(row.problems for row in rows), *past.find_strays(context)]
    lines = [*_write_answer(context, rows), "", *_render_table(table), ""]
    if not any(context.line(row.plant).versions for row in rows):
        lines += ["To register a plant's model: commit what dvc repro made, then elc register <plant>.", ""]
    lines += [*_render_problems(problems, shown=SHOWN)]
    former = find_former(context)
    lines += [f"No longer in params.yaml, with their history: {', '.join(former)}.", ""] if former else []
    return "\n".join([*lines, "Days in UTC. Waiting: versions that are pending. elc models <plant> shows its history."])


def render_history(context: Context, plant: str) -> str:
    """Render a plant's versions, the decisions about them, and where each ran; times are those of the site.

    Raises:
        ElcError: params.yaml has no such plant.
    """
    zone, rows = past.read_zone(context, plant), past.build_history(context, plant)
    problems = list(_render_problems(past.find_unfollowed(context, plant), shown=SHOWN))
    if not rows:
        return "\n".join([f"{plant}: no version is registered yet. elc register {plant}", "", *problems]).rstrip()
    lines = [f"{plant}: {len(rows)} {'versions' if len(rows) > 1 else 'version'}, the newest first", ""]
    lines += [*_render_table(_build_versions(rows, zone)), ""]
    decisions = _build_decisions(rows, zone)
    lines += ["Decisions", "", *_render_table(decisions), ""] if len(decisions) > 1 else ["No decision yet.", ""]
    ran = sorted(itertools.chain.from_iterable(row.ran for row in rows), key=lambda span: span.start, reverse=True)
    lines += (
        ["Where it ran", "", *_render_table(_build_ran(ran, zone)), ""] if ran else ["It has not run anywhere yet.", ""]
    )
    lines += problems
    return "\n".join(
        [
            *lines,
            f"Times of {zone.key}. Typical error: CV(RMSE) on the test hours. Below best: share of these hours; 10 % "
            "is expected.",
        ]
    )


def render_at(context: Context, plant: str, day: str) -> str:
    """Render what each environment held of a plant on a day, in site time.

    Raises:
        ElcError: params.yaml has no such plant, or `day` is not a date.
    """
    held, zone = past.find_at(context, plant, day), past.read_zone(context, plant)
    if held:
        missing = [name for name in context.settings.environments if name not in {span.environment for span in held}]
        nothing = [f"Nothing was in {' and '.join(missing)}.", ""] if missing else []
        table = _render_table(_build_ran(held, zone))
        return "\n".join([f"{plant} on {day}, times of {zone.key}", "", *table, "", *nothing]).rstrip()
    if date.fromisoformat(day) > datetime.now(zone).date():
        return f"{plant}: {day} is in the future. elc models {plant} shows what is in use now."
    first = min((span.start for row in past.build_history(context, plant) for span in row.ran), default=None)
    if first is None:
        return f"{plant}: no version ran on {day}, nor on any other day."
    return f"{plant}: no version ran on {day}; the first came on {_write_day(first, zone)}."


def build_content(context: Context, plant: str | None, day: str | None) -> dict[str, Any]:
    """Build what the three pages show as JSON: times in ISO 8601, UTC; null where there is nothing.

    Raises:
        ElcError: params.yaml has no such plant, or `day` is not a date.
    """
    if plant is None:
        rows = past.build_fleet(context)
        return {
            "environments": list(context.settings.environments),
            "plants": [_build_fleet_content(row) for row in rows],
            "former": find_former(context),
            "problems": [asdict(problem) for problem in past.find_strays(context)],
        }
    content = {"plant": plant, "time_zone": past.read_zone(context, plant).key}
    if day is not None:
        return {
            **content,
            "day": day,
            "held": [_build_held_content(span) for span in past.find_at(context, plant, day)],
        }
    return {
        **content,
        "versions": [_build_history_content(row) for row in past.build_history(context, plant)],
        "problems": [asdict(problem) for problem in past.find_unfollowed(context, plant)],
    }


def _build_fleet_content(row: FleetRow) -> dict[str, Any]:
    places = {place.environment: _build_place_content(place) for place in row.places}
    rest = {"latest": row.latest or None, "status": row.status or None, "pending": row.pending}
    problems = [asdict(problem) for problem in row.problems]
    return {"plant": row.plant, **rest, "environments": places, "problems": problems}


def _build_place_content(place: Place) -> dict[str, Any]:
    held = {"version": place.version or None, "since": _write_iso(place.since), "status": place.status or None}
    return {**held, "is_planned": place.is_planned, "is_doubtful": place.is_doubtful}


def _build_history_content(row: HistoryRow) -> dict[str, Any]:
    verdicts = [{**asdict(one), "time": _write_iso(one.time)} for one in row.verdicts]
    ran = [_build_held_content(one) for one in row.ran]
    return {**asdict(row), "registered": _write_iso(row.registered), "verdicts": verdicts, "ran": ran}


def _build_held_content(held: Held) -> dict[str, Any]:
    return {**asdict(held), "start": _write_iso(held.start), "end": _write_iso(held.end)}


def _write_answer(context: Context, rows: Sequence[FleetRow]) -> Iterator[str]:
    """Report for the highest environment how many plants run a version there, and which do not."""
    name, highest = list(context.settings.environments.items())[-1]
    places = {row.plant: place for row in rows if (place := row.places[-1]).is_planned or place.version}
    doubtful = [plant for plant, place in places.items() if place.is_doubtful]
    missing = [plant for plant, place in places.items() if not place.version]
    sound = len(places) - len(doubtful) - len(missing)
    what = "a version" if highest.approval == "none" else "an approved version"
    parts = [f"{name}: {sound} of {len(places)} plants run {what}"]
    parts += [f"one that is not approved: {', '.join(doubtful)}"] if doubtful else []
    parts += [f"none: {', '.join(missing)}"] if missing else []
    yield from textwrap.wrap(f"{'; '.join(parts)}.", WIDTH, break_on_hyphens=False)


def _build_fleet_cells(row: FleetRow) -> Sequence[str]:
    places = [_write_place(place) for place in row.places]
    return (row.plant, row.latest or NONE, row.status or NONE, str(row.pending or NONE), *places)


def _write_place(place: Place) -> str:
    if not place.version or place.since is None:
        return NONE if place.is_planned else "not planned"
    held = f"{place.version} {_write_day(place.since, UTC)}"
    return f"{held} {place.status.upper()}" if place.is_doubtful else held


def _build_versions(rows: Sequence[HistoryRow], zone: ZoneInfo) -> Table:
    header = ("version", "status", "registered", "by", "typical error", "below best", "learnt from", "hours", "package")
    return [header, *(_build_version_cells(row, zone) for row in rows)]


def _build_version_cells(row: HistoryRow, zone: ZoneInfo) -> Sequence[str]:
    return (
        row.version,
        row.status,
        _write_day(row.registered, zone),
        row.registered_by.partition(" <")[0],
        NONE if row.cv_rmse_frac is None else f"{row.cv_rmse_frac:.2%}",
        NONE if row.coverage_best_frac is None else f"{row.coverage_best_frac:.1%}",
        f"{row.first} to {row.last}" if row.first and row.last else NONE,
        NONE if row.rows is None else f"{row.rows:,}",
        row.package[:8] or NONE,
    )


def _build_decisions(rows: Sequence[HistoryRow], zone: ZoneInfo) -> Table:
    decided = [
        (row.version, verdict.status, _write_time(verdict.time, zone), verdict.by, verdict.reason)
        for row in rows
        for verdict in reversed(row.verdicts)
    ]
    return [("version", "decision", "when", "by", "why"), *decided]


def _build_ran(ran: Sequence[Held], zone: ZoneInfo) -> Table:
    cells = [
        (
            span.environment,
            span.version,
            _write_time(span.start, zone),
            "still there" if span.end is None else _write_time(span.end, zone),
            span.by.partition(" <")[0],
            span.reason,
        )
        for span in ran
    ]
    return [("environment", "version", "from", "to", "by", "why"), *cells]


def _render_table(table: Table) -> Iterator[str]:
    """Render columns under their names: texts to the left, numbers to the right, long texts in several lines."""
    folded = [[textwrap.wrap(cell, WIDEST, break_on_hyphens=False) or [""] for cell in row] for row in table]
    widths = [max(len(line) for cell in column for line in cell) for column in zip(*folded, strict=True)]
    for number, row in enumerate(folded):
        for line in itertools.zip_longest(*row, fillvalue=""):
            cells = zip(line, widths, table[0], strict=True)
            yield GAP.join(
                text.rjust(width) if name in RIGHT else text.ljust(width) for text, width, name in cells
            ).rstrip()
        if number == 0:
            yield GAP.join("-" * width for width in widths)


def _render_problems(problems: Sequence[Problem], *, shown: int) -> Iterator[str]:
    if not problems:
        return
    yield "Not followed:"
    for problem in problems[:shown]:
        yield from textwrap.wrap(
            past.clean(problem.sentence), WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False
        )
    if len(problems) > shown:
        yield f"- and {len(problems) - shown:,} more."
    yield from ("elc audit shows what to do.", "")


def _write_day(seconds: int, zone: tzinfo) -> str:
    return past.read_moment(seconds, zone).strftime("%Y-%m-%d")


def _write_time(seconds: int, zone: tzinfo) -> str:
    return past.read_moment(seconds, zone).strftime("%Y-%m-%d %H:%M")


def _write_iso(seconds: int | None) -> str | None:
    return None if seconds is None else past.read_moment(seconds, UTC).isoformat()
