"""Build the page of the registry: which version runs where, who approved it, and what each plant ran before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from elc.errors import ElcError
from elc.pages.language import MISSING, NBSP, escape, format_date_alone, format_number, format_share, say
from elc.paths import Project
from elc.registry import Context, history, read_context
from elc.registry.history import Decided, FleetRow, Held, HistoryRow, Place
from elc.render.fleet import SHOWN, build_answer, build_name, build_problems, build_status

_COLORS = {"approved": "good", "rejected": "cost", "pending": "look"}


def build_models_page(project: Project) -> str:
    """Build models.qmd; where the registry cannot be read (no Git, a shallow clone), the page says why."""
    try:
        return build_models(read_context(project))
    except ElcError as error:
        said = history.clean(str(error).replace(f"{project.root}", "this project"))
        return _build_page([f"::: {{.answer}}\n{say('The versions cannot be read here.')}\n:::", escape(said)])


def build_models(context: Context) -> str:
    """Build the page of a registry: equal tags give equal text, whatever the day."""
    rows = history.build_fleet(context)
    problems = [problem for row in rows for problem in history.find_unfollowed(context, row.plant)]
    problems += history.find_strays(context)
    if not any(context.line(row.plant).versions for row in rows):
        return _build_page([_build_start(context), *build_problems(problems)])
    sections = [part for row in rows for part in _build_section(context, row)]
    note = say(
        "Times are those of each site. Typical error: CV(RMSE) of typical energy on hours that the version had not "
        "learnt from. Below best: share of these hours; 10 % is right. Package: the first digits of its hash."
    )
    return _build_page(
        [
            f"::: {{.answer}}\n{build_answer(context, rows, problems)}\n:::",
            *_build_waiting(context, rows),
            f"::: {{.table-scroll}}\n{_build_fleet_table(context, rows)}\n:::",
            *build_problems(problems),
            *sections,
            f"::: {{.small}}\n{note}\n:::",
        ]
    )


def _build_page(parts: Sequence[str]) -> str:
    return "\n\n".join([f"---\ntitle: {say('Models')}\n---", *parts]) + "\n"


def _build_start(context: Context) -> str:
    plant = next(iter(context.settings.plants), "<plant>")
    said = say(
        "Pages show candidates, which nobody has approved. To register one: commit what `dvc repro` made, then "
        "`elc register {plant}`. To let it run: `elc approve {plant} v1.0.0 --reason ...`, then `elc promote {plant} "
        "v1.0.0 --env {environment}`.",
        plant=plant,
        environment=next(iter(context.settings.environments)),
    )
    return f"::: {{.answer}}\n{say('No version of a model is registered yet.')}\n:::\n\n{said}"


def _build_waiting(context: Context, rows: Sequence[FleetRow]) -> list[str]:
    waiting = [row for row in rows if "pending" in row.status]
    if not waiting:
        return []
    names = [f"{build_name(context, row.plant)} {escape(row.latest)}" for row in waiting]
    return [say("Waiting for a decision: {versions}.", versions=", ".join(names))]


def _build_fleet_table(context: Context, rows: Sequence[FleetRow]) -> str:
    environments = [escape(name) for name in reversed(context.settings.environments)]
    cells = [_build_fleet_cells(context, row) for row in rows]
    return _build_table(
        (say("plant"), *environments, say("latest version"), say("waiting")), ":" * (len(environments) + 2), cells
    )


def _build_fleet_cells(context: Context, row: FleetRow) -> Sequence[str]:
    zone = history.read_zone(context, row.plant)
    name = build_name(context, row.plant)
    latest = f"{escape(row.latest)} {_build_status(row.status, 'small')}" if row.latest else MISSING
    return (
        f"**[{name}](#plant-{row.plant})**" if context.line(row.plant).versions else f"**{name}**",
        *(_build_place(place, zone) for place in reversed(row.places)),
        latest,
        str(row.pending or MISSING),
    )


def _build_place(place: Place, zone: ZoneInfo) -> str:
    if not place.version or place.since is None:
        return MISSING if place.is_planned else f"[{say('not planned')}]{{.small}}"
    since = say("since {day}", day=_build_day(place.since, zone))
    if place.is_doubtful:
        now = say("{status} now", status=build_status(place.status))
        return f"[{escape(place.version)}]{{.cost}} [{now}; {since}]{{.small}}"
    return f"{escape(place.version)} [{since}]{{.small}}"


def _build_section(context: Context, row: FleetRow) -> list[str]:
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


def _build_versions_table(rows: Sequence[HistoryRow], zone: ZoneInfo) -> str:
    header = (
        say("version"), say("status"), say("registered"), say("typical error"), say("below best"), say("learnt from"),
        say("package"),
    )  # fmt: skip
    return _build_table(header, ":::..::", [_build_version_cells(row, zone) for row in rows])


def _build_version_cells(row: HistoryRow, zone: ZoneInfo) -> Sequence[str]:
    decided = " ".join(_build_verdict(verdict, zone) for verdict in reversed(row.verdicts))
    hours = (
        "" if row.rows is None else f" [{say('tested on {count} hours', count=format_number(row.rows, 0))}]{{.small}}"
    )
    return (
        f"**{escape(row.version)}**",
        f"{_build_status(row.status, '')} {decided}".rstrip(),
        f"{_build_day(row.registered, zone)} [{say('by {name}', name=_build_who(row.registered_by))}]{{.small}}",
        format_share(row.cv_rmse_frac, 2),
        format_share(row.coverage_best_frac, 1),
        _build_period(row.first, row.last) + hours if row.first and row.last else MISSING,
        f"`{row.package[:8]}`" if row.package[:8].isalnum() else MISSING,
    )


def _build_period(first: str, last: str) -> str:
    return say("{first} to {last}", first=_build_date(first), last=_build_date(last))


def _build_status(status: str, extra: str) -> str:
    """Build a status in its colour; one that differs by environment, or of a version taken back, in that of doubt."""
    if extra:
        return f"[{build_status(status)}]{{.{extra}}}"
    return f"[{build_status(status)}]{{.{_COLORS.get(status, 'look')}}}"


def _build_verdict(verdict: Decided, zone: ZoneInfo) -> str:
    """Build who decided, when and why; the address stays in the tag."""
    why = f": {escape(verdict.reason)}" if verdict.reason else ""
    by, day = _build_who(verdict.by), _build_day(verdict.time, zone)
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
    table = _build_table(header, "::::::", cells)
    count = format_number(len(ran), 0)
    said = say("The latest {shown} of {count}; `elc models {plant}` shows all.", shown=SHOWN, count=count, plant=plant)
    rest = [said] if len(ran) > SHOWN else []
    return [f"### {say('Where it ran')}", f"::: {{.table-scroll}}\n{table}\n:::", *rest]


def _build_table(header: Sequence[str], aligns: str, rows: Sequence[Sequence[str]]) -> str:
    """Build a table; `aligns` has a colon for each column of texts and a point for one of numbers, which end there."""
    marks = [":--" if sign == ":" else "--:" for sign in aligns.ljust(len(header), ".")]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, marks, *rows))


def _build_day(seconds: int, zone: ZoneInfo) -> str:
    return _build_date(history.read_moment(seconds, zone).date().isoformat())


def _build_date(day: str) -> str:
    return format_date_alone(date.fromisoformat(day)).replace(" ", NBSP)


def _build_time(seconds: int, zone: ZoneInfo) -> str:
    return f"{_build_day(seconds, zone)} {history.read_moment(seconds, zone):%H:%M}"
