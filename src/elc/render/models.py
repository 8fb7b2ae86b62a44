"""Build the page of the registry: which version runs where, who approved it, and what each plant ran before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from elc.errors import ElcError
from elc.paths import Project
from elc.registry import Context, Problem, history, read_context
from elc.registry.history import FleetRow, Held, HistoryRow, Place, Verdict
from elc.render.words import build_count, escape

_MISSING = "—"
_NBSP = "\u00a0"
_SHOWN = 20  # of the problems and of the places where a plant's versions ran
_NAMED = 5  # plants in one sentence
_COLORS = {"approved": "good", "rejected": "cost", "pending": "look"}


def build_models_page(project: Project) -> str:
    """Build models.qmd; where the registry cannot be read (no Git, a shallow clone), the page says why."""
    try:
        return build_models(read_context(project))
    except ElcError as error:
        said = history.clean(str(error).replace(f"{project.root}", "this project"))
        return _build_page(["::: {.answer}\nThe versions cannot be read here.\n:::", escape(said)])


def build_models(context: Context) -> str:
    """Build the page of a registry: equal tags give equal text, whatever the day."""
    rows = history.build_fleet(context)
    problems = [problem for row in rows for problem in history.find_unfollowed(context, row.plant)]
    problems += history.find_strays(context)
    if not any(context.line(row.plant).versions for row in rows):
        return _build_page([_build_start(context), *_build_problems(problems)])
    sections = [part for row in rows for part in _build_section(context, row)]
    answer = " ".join(_build_answer(context, rows, problems))
    return _build_page(
        [
            f"::: {{.answer}}\n{answer}\n:::",
            *_build_waiting(context, rows),
            f"::: {{.table-scroll}}\n{_build_fleet_table(context, rows)}\n:::",
            *_build_problems(problems),
            *sections,
            "::: {.small}\nTimes are those of each site. Typical error: CV(RMSE) of typical energy on hours that the "
            f"version had not learnt from. Below best: share of these hours; 10{_NBSP}% is right. Package: the first "
            "digits of its hash.\n:::",
        ]
    )


def _build_page(parts: Sequence[str]) -> str:
    return "\n\n".join(["---\ntitle: Models\n---", *parts]) + "\n"


def _build_start(context: Context) -> str:
    plant = next(iter(context.settings.plants), "<plant>")
    return (
        "::: {.answer}\nNo version of a model is registered yet.\n:::\n\nPages show candidates, which nobody has "
        f"approved. To register one: commit what `dvc repro` made, then `elc register {plant}`. To let it run: "
        f"`elc approve {plant} v1.0.0 --reason ...`, then `elc promote {plant} v1.0.0 --env "
        f"{next(iter(context.settings.environments))}`."
    )


def _build_answer(context: Context, rows: Sequence[FleetRow], problems: Sequence[Problem]) -> list[str]:
    """Say which plants run an approved version in the highest environment, which do not, and what is wrong."""
    name, highest = list(context.settings.environments.items())[-1]
    places = {row.plant: place for row in rows if (place := row.places[-1]).is_planned or place.version}
    doubtful = [plant for plant, place in places.items() if place.is_doubtful]
    missing = [plant for plant, place in places.items() if not place.version]
    sound = [plant for plant in places if plant not in (*doubtful, *missing)]
    what = "a version" if highest.approval == "none" else "an approved version"
    sentences = [_build_subject(context, sound, len(places)) + f" {what} in {escape(name)}."]
    for plants, rest in ((doubtful, "one there that is [not approved]{.cost} now"), (missing, "none there yet")):
        if plants:
            verb = "runs" if plants is doubtful else "has"
            verb = verb if len(plants) == 1 else {"runs": "run", "has": "have"}[verb]
            sentences.append(f"{_build_names(context, plants)} {verb} {rest}.")
    if problems:
        count = len({(problem.plant, problem.tag) for problem in problems})
        sentences.append(f"[{build_count(count).capitalize()} {'entry is' if count == 1 else 'entries are'} not "
                         "followed]{.cost}: see below.")  # fmt: skip
    return sentences


def _build_subject(context: Context, sound: Sequence[str], count: int) -> str:
    if not sound:
        return "No plant runs"
    if count == 1:
        return f"{_build_names(context, sound)} runs"
    if len(sound) == count:
        return "Both plants run" if count == 2 else f"All {build_count(count)} plants run"
    verb = "runs" if len(sound) == 1 else "run"
    return f"{build_count(len(sound)).capitalize()} of {build_count(count)} plants {verb}"


def _build_names(context: Context, plants: Sequence[str]) -> str:
    """Build a list of plants' names; of many, the first and how many more."""
    names = [_build_name(context, plant) for plant in plants[:_NAMED]]
    if len(plants) > _NAMED:
        names.append(f"{build_count(len(plants) - _NAMED)} more")
    return " and ".join(", ".join(names).rsplit(", ", 1))


def _build_name(context: Context, plant: str) -> str:
    return escape(context.settings.plants[plant].name)


def _build_waiting(context: Context, rows: Sequence[FleetRow]) -> list[str]:
    waiting = [row for row in rows if "pending" in row.status]
    if not waiting:
        return []
    names = [f"{_build_name(context, row.plant)} {escape(row.latest)}" for row in waiting]
    return [f"Waiting for a decision: {', '.join(names)}."]


def _build_fleet_table(context: Context, rows: Sequence[FleetRow]) -> str:
    environments = [escape(name) for name in reversed(context.settings.environments)]
    cells = [_build_fleet_cells(context, row) for row in rows]
    return _build_table(("plant", *environments, "latest version", "waiting"), ":" * (len(environments) + 2), cells)


def _build_fleet_cells(context: Context, row: FleetRow) -> Sequence[str]:
    zone = history.read_zone(context, row.plant)
    name = _build_name(context, row.plant)
    latest = f"{escape(row.latest)} {_build_status(row.status, 'small')}" if row.latest else _MISSING
    return (
        f"**[{name}](#plant-{row.plant})**" if context.line(row.plant).versions else f"**{name}**",
        *(_build_place(place, zone) for place in reversed(row.places)),
        latest,
        str(row.pending or _MISSING),
    )


def _build_place(place: Place, zone: ZoneInfo) -> str:
    if not place.version or place.since is None:
        return _MISSING if place.is_planned else "[not planned]{.small}"
    since = f"since {_build_day(place.since, zone)}"
    if place.is_doubtful:
        return f"[{escape(place.version)}]{{.cost}} [{escape(place.status)} now; {since}]{{.small}}"
    return f"{escape(place.version)} [{since}]{{.small}}"


def _build_problems(problems: Sequence[Problem]) -> list[str]:
    """Build what is not followed: a point for each tag, with all that is wrong with it."""
    if not problems:
        return []
    sentences: dict[tuple[str, str], str] = {}
    for problem in problems:
        before = sentences.get((problem.plant, problem.tag))
        said = f"{before} {problem.sentence.replace(f'tag {problem.tag} ', 'It ', 1)}" if before else problem.sentence
        sentences[problem.plant, problem.tag] = said
    points = [f"- {escape(history.clean(said))}" for said in list(sentences.values())[:_SHOWN]]
    if len(sentences) > _SHOWN:
        points.append(f"- and {len(sentences) - _SHOWN:,} more.")
    intro = (
        "Each of these entries breaks a rule, so the environments keep what they had. `elc audit` says what mends each."
    )
    return ["## What is not followed", intro, "\n".join(points)]


def _build_section(context: Context, row: FleetRow) -> list[str]:
    rows = history.build_history(context, row.plant)
    if not rows:
        return []
    zone = history.read_zone(context, row.plant)
    ran = sorted((one for version in rows for one in version.ran), key=lambda one: one.start, reverse=True)
    return [
        f"## {_build_name(context, row.plant)} {{#plant-{row.plant}}}",
        f"::: {{.table-scroll}}\n{_build_versions_table(rows, zone)}\n:::",
        *_build_ran(row.plant, ran, zone),
    ]


def _build_versions_table(rows: Sequence[HistoryRow], zone: ZoneInfo) -> str:
    header = ("version", "status", "registered", "typical error", "below best", "learnt from", "package")
    return _build_table(header, ":::..::", [_build_version_cells(row, zone) for row in rows])


def _build_version_cells(row: HistoryRow, zone: ZoneInfo) -> Sequence[str]:
    decided = " ".join(_build_verdict(one, zone) for one in reversed(row.verdicts))
    hours = "" if row.rows is None else f" [tested on {row.rows:,} hours]{{.small}}"
    return (
        f"**{escape(row.version)}**",
        f"{_build_status(row.status, '')} {decided}".rstrip(),
        f"{_build_day(row.registered, zone)} [by {_build_who(row.registered_by)}]{{.small}}",
        _MISSING if row.cv_rmse_frac is None else f"{row.cv_rmse_frac:.2%}".replace("%", f"{_NBSP}%"),
        _MISSING if row.coverage_best_frac is None else f"{row.coverage_best_frac:.1%}".replace("%", f"{_NBSP}%"),
        f"{_build_date(row.first)} to {_build_date(row.last)}{hours}" if row.first and row.last else _MISSING,
        f"`{row.package[:8]}`" if row.package[:8].isalnum() else _MISSING,
    )


def _build_status(status: str, extra: str) -> str:
    """Build a status in its colour; one that differs by environment, or of a version taken back, in that of doubt."""
    if extra:
        return f"[{escape(status)}]{{.{extra}}}"
    return f"[{escape(status)}]{{.{_COLORS.get(status, 'look')}}}"


def _build_verdict(verdict: Verdict, zone: ZoneInfo) -> str:
    """Build who decided, when and why; the address stays in the tag."""
    why = f": {escape(verdict.reason)}" if verdict.reason else ""
    return f"[{verdict.status} by {_build_who(verdict.by)}, {_build_day(verdict.time, zone)}{why}]{{.small}}"


def _build_who(who: str) -> str:
    return escape(who.partition(" <")[0])


def _build_ran(plant: str, ran: Sequence[Held], zone: ZoneInfo) -> list[str]:
    if not ran:
        return ["It ran nowhere yet."]
    cells = [
        (
            escape(one.version),
            escape(one.environment),
            _build_time(one.start, zone),
            "still there" if one.end is None else _build_time(one.end, zone),
            _build_who(one.by),
            escape(one.reason) or _MISSING,
        )
        for one in ran[:_SHOWN]
    ]
    table = _build_table(("version", "ran in", "from", "to", "put there by", "why"), "::::::", cells)
    rest = [f"The latest {_SHOWN} of {len(ran):,}; `elc models {plant}` shows all."] if len(ran) > _SHOWN else []
    return ["### Where it ran", f"::: {{.table-scroll}}\n{table}\n:::", *rest]


def _build_table(header: Sequence[str], aligns: str, rows: Sequence[Sequence[str]]) -> str:
    """Build a table; `aligns` has a colon for each column of texts and a point for one of numbers, which end there."""
    marks = [":--" if sign == ":" else "--:" for sign in aligns.ljust(len(header), ".")]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, marks, *rows))


def _build_day(seconds: int, zone: ZoneInfo) -> str:
    return _build_date(history.read_moment(seconds, zone).date().isoformat())


def _build_date(day: str) -> str:
    moment = date.fromisoformat(day)
    return f"{moment.day}{_NBSP}{moment:%b}{_NBSP}{moment:%Y}"


def _build_time(seconds: int, zone: ZoneInfo) -> str:
    return f"{_build_day(seconds, zone)} {history.read_moment(seconds, zone):%H:%M}"
