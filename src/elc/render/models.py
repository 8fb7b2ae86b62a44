"""Build the page of the registry: which version runs where, who approved it, and what each plant ran before."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from elc.errors import ElcError
from elc.pages.language import MISSING, escape, say, say_number
from elc.paths import Project
from elc.registry import Context, history, read_context
from elc.registry.history import FleetRow, Place
from elc.render.groups import MANY, name_region
from elc.render.histories import build_day, build_latest, build_mark, build_section, build_table
from elc.render.models_words import SHOWN, build_answer, build_name, build_problems, build_status
from elc.render.tools import build_tools


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
    is_large = len(rows) >= MANY
    each = (part for row in rows for part in build_section(context, row))
    sections = build_latest(context, rows) if is_large else list(each)
    note = say(
        "Times are those of each site. Typical error: CV(RMSE) of typical energy on hours that the version was not "
        "trained on. Below best: share of these hours; 10 % is right. Package: the first digits of its hash."
    )
    return _build_page(
        [
            f"::: {{.answer}}\n{build_answer(context, rows, problems)}\n:::",
            *_build_waiting(context, rows),
            *(_build_tools(context, rows) if is_large else ()),
            f"::: {{.table-scroll{' .fleet' if is_large else ''}}}\n{_build_fleet_table(context, rows)}\n:::",
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
    names = [f"{build_name(context, row.plant)} {escape(row.latest)}" for row in waiting[:SHOWN]]
    if len(waiting) > SHOWN:
        names.append(say("{count} more", count=say_number(len(waiting) - SHOWN)))
    return [say("Waiting for a decision: {versions}.", versions=", ".join(names))]


def _build_tools(context: Context, rows: Sequence[FleetRow]) -> list[str]:
    regions = dict.fromkeys(name_region(region) for row in rows if (region := _read_region(context, row)))
    wrong = sum(_is_wrong(row) for row in rows)
    return [f"```{{=html}}\n{build_tools('.fleet table', list(regions), wrong=wrong, is_grouped=False)}\n```"]


def _read_region(context: Context, row: FleetRow) -> str:
    return context.settings.plants[row.plant].region or ""


def _is_wrong(row: FleetRow) -> bool:
    """Whether a plant waits for a decision, or its highest environment has no version, or one that is in doubt."""
    highest = row.places[-1]
    lacks = highest.is_planned and not highest.version
    return bool(row.pending) or lacks or any(place.is_doubtful for place in row.places)


def _build_fleet_table(context: Context, rows: Sequence[FleetRow]) -> str:
    environments = [escape(name) for name in reversed(context.settings.environments)]
    if len(rows) < MANY or not any(_read_region(context, row) for row in rows):
        cells = [_build_fleet_cells(context, row, is_large=len(rows) >= MANY) for row in rows]
        header = (say("plant"), *environments, say("latest version"), say("waiting"))
        return build_table(header, ":" * (len(environments) + 2), cells)
    header = (say("plant"), say("region"), *environments, say("latest version"), say("waiting"))
    cells = [_insert_region(context, row) for row in sorted(rows, key=lambda row: _read_region(context, row) or "~")]
    return build_table(header, ":" * (len(environments) + 3), cells)


def _insert_region(context: Context, row: FleetRow) -> Sequence[str]:
    region = _read_region(context, row)
    name, *cells = _build_fleet_cells(context, row, is_large=True)
    return name, f"[{escape(name_region(region))}]{{.region}}" if region else MISSING, *cells


def _build_fleet_cells(context: Context, row: FleetRow, *, is_large: bool) -> Sequence[str]:
    zone = history.read_zone(context, row.plant)
    name = build_name(context, row.plant)
    if is_large and _is_wrong(row):
        name = f"[{name}]{{.wrong}}"
    latest = f"{escape(row.latest)} {build_mark(row.status, 'small')}" if row.latest else MISSING
    return (
        f"**[{name}](#plant-{row.plant})**" if context.line(row.plant).versions else f"**{name}**",
        *(_build_place(place, zone) for place in reversed(row.places)),
        latest,
        str(row.pending or MISSING),
    )


def _build_place(place: Place, zone: ZoneInfo) -> str:
    if not place.version or place.since is None:
        return MISSING if place.is_planned else f"[{say('not planned')}]{{.small}}"
    since = say("since {day}", day=build_day(place.since, zone))
    if place.is_doubtful:
        now = say("{status} now", status=build_status(place.status))
        return f"[{escape(place.version)}]{{.cost}} [{now}; {since}]{{.small}}"
    return f"{escape(place.version)} [{since}]{{.small}}"
