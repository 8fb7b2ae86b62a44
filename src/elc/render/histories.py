"""The versions of a plant on the page of models: what each is, who decided on it, and where it ran."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from elc.pages.language import MISSING, NBSP, escape, format_date_alone, format_number, format_share, say
from elc.registry import Context, history
from elc.registry.history import Decided, FleetRow, Held, HistoryRow
from elc.render.models_words import SHOWN, build_name, build_status

_COLORS = {"approved": "good", "rejected": "cost", "pending": "look"}


def build_section(context: Context, row: FleetRow) -> list[str]:
    """Build the section of a plant: its versions, and where they ran; nothing where it has none."""
    rows = history.build_history(context, row.plant)
    if not rows:
        return []
    zone = history.read_zone(context, row.plant)
    ran = sorted((span for version in rows for span in version.ran), key=lambda span: span.start, reverse=True)
    return [
        f"## {build_name(context, row.plant)} {{#plant-{row.plant}}}",
        f"::: {{.table-scroll}}\n{_build_versions_table(rows, zone)}\n:::",
        *_build_ran(row.plant, ran, zone),
    ]


def build_latest(context: Context, rows: Sequence[FleetRow]) -> list[str]:
    """Build the latest version of each of many plants; what each ran before is too much for a page."""
    cells = []
    for row in rows:
        versions = history.build_history(context, row.plant)
        if versions:
            name = f"[{build_name(context, row.plant)}]{{#plant-{row.plant}}}"
            cells.append((name, *_build_version_cells(versions[0], history.read_zone(context, row.plant))))
    table = build_table((say("plant"), *_list_heads()), "::::..::", cells)
    said = say("`elc models <plant>` shows every version of a plant, and where each ran.")
    return [f"## {say('Latest versions')}", said, f"::: {{.table-scroll}}\n{table}\n:::"]


def _list_heads() -> tuple[str, ...]:
    return (
        say("version"), say("status"), say("registered"), say("typical error"), say("below best"), say("learnt from"),
        say("package"),
    )  # fmt: skip


def _build_versions_table(rows: Sequence[HistoryRow], zone: ZoneInfo) -> str:
    return build_table(_list_heads(), ":::..::", [_build_version_cells(row, zone) for row in rows])


def _build_version_cells(row: HistoryRow, zone: ZoneInfo) -> Sequence[str]:
    decided = " ".join(_build_verdict(verdict, zone) for verdict in reversed(row.verdicts))
    hours = (
        "" if row.rows is None else f" [{say('tested on {count} hours', count=format_number(row.rows, 0))}]{{.small}}"
    )
    return (
        f"**{escape(row.version)}**",
        f"{build_mark(row.status, '')} {decided}".rstrip(),
        f"{build_day(row.registered, zone)} [{say('by {name}', name=_build_who(row.registered_by))}]{{.small}}",
        format_share(row.cv_rmse_frac, 2),
        format_share(row.coverage_best_frac, 1),
        _build_period(row.first, row.last) + hours if row.first and row.last else MISSING,
        f"`{row.package[:8]}`" if row.package[:8].isalnum() else MISSING,
    )


def _build_period(first: str, last: str) -> str:
    return say("{first} to {last}", first=_build_date(first), last=_build_date(last))


def build_mark(status: str, extra: str) -> str:
    """Build a status in its colour; one that differs by environment, or of a version taken back, in that of doubt."""
    if extra:
        return f"[{build_status(status)}]{{.{extra}}}"
    return f"[{build_status(status)}]{{.{_COLORS.get(status, 'look')}}}"


def _build_verdict(verdict: Decided, zone: ZoneInfo) -> str:
    """Build who decided, when and why; the address stays in the tag."""
    why = f": {escape(verdict.reason)}" if verdict.reason else ""
    by, day = _build_who(verdict.by), build_day(verdict.time, zone)
    return f"[{say('{status} by {name}, {day}', status=build_status(verdict.status), name=by, day=day)}{why}]{{.small}}"


def _build_who(who: str) -> str:
    return escape(who.partition(" <")[0])


def _build_ran(plant: str, ran: Sequence[Held], zone: ZoneInfo) -> list[str]:
    if not ran:
        return [say("It has not run anywhere yet.")]
    cells = [
        (
            escape(span.version),
            escape(span.environment),
            _build_time(span.start, zone),
            say("still there") if span.end is None else _build_time(span.end, zone),
            _build_who(span.by),
            escape(span.reason) or MISSING,
        )
        for span in ran[:SHOWN]
    ]
    header = (say("version"), say("ran in"), say("from"), say("to"), say("put there by"), say("why"))
    table = build_table(header, "::::::", cells)
    count = format_number(len(ran), 0)
    said = say("The latest {shown} of {count}; `elc models {plant}` shows all.", shown=SHOWN, count=count, plant=plant)
    rest = [said] if len(ran) > SHOWN else []
    return [f"### {say('Where it ran')}", f"::: {{.table-scroll}}\n{table}\n:::", *rest]


def build_table(header: Sequence[str], aligns: str, rows: Sequence[Sequence[str]]) -> str:
    """Build a table; `aligns` has a colon for each column of texts and a point for one of numbers, which end there."""
    marks = [":--" if sign == ":" else "--:" for sign in aligns.ljust(len(header), ".")]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, marks, *rows))


def build_day(seconds: int, zone: ZoneInfo) -> str:
    """Build the day of a moment (seconds since 1970) at a site."""
    return _build_date(history.read_moment(seconds, zone).date().isoformat())


def _build_date(day: str) -> str:
    return format_date_alone(date.fromisoformat(day)).replace(" ", NBSP)


def _build_time(seconds: int, zone: ZoneInfo) -> str:
    return f"{build_day(seconds, zone)} {history.read_moment(seconds, zone):%H:%M}"
