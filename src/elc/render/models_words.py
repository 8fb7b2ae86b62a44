"""The sentences of the page of models: which plants run an approved version, which do not, and what is not followed."""

from __future__ import annotations

from collections.abc import Sequence

from elc.pages.language import escape, format_number, say, say_list, say_number, start
from elc.registry import Context, Problem, history
from elc.registry.history import FleetRow

SHOWN = 20  # of the problems and of the places where a plant's versions ran
_NAMED = 5  # plants in one sentence


def build_answer(context: Context, rows: Sequence[FleetRow], problems: Sequence[Problem]) -> str:
    """Name which plants run an approved version in the highest environment, which do not, and what is wrong."""
    environment, highest = list(context.settings.environments.items())[-1]
    places = {row.plant: place for row in rows if (place := row.places[-1]).is_planned or place.version}
    doubtful = [plant for plant, place in places.items() if place.is_doubtful]
    missing = [plant for plant, place in places.items() if not place.version]
    sound = [plant for plant in places if plant not in (*doubtful, *missing)]
    what = say("a version") if highest.approval == "none" else say("an approved version")
    sentences = [_build_sound(context, sound, len(places), {"what": what, "environment": escape(environment)})]
    if doubtful:
        sentences.append(_build_doubtful(context, doubtful))
    if missing:
        sentences.append(_build_missing(context, missing))
    if problems:
        sentences.append(_build_unfollowed(len({(problem.plant, problem.tag) for problem in problems})))
    return " ".join(sentences)


def _build_sound(context: Context, sound: Sequence[str], count: int, values: dict[str, str]) -> str:
    if not sound:
        return say("No plant runs {what} in {environment}.", **values)
    if count == 1:
        return say("{plant} runs {what} in {environment}.", plant=_build_names(context, sound), **values)
    if len(sound) == count == 2:
        return say("Both plants run {what} in {environment}.", **values)
    if len(sound) == count:
        return say("All {count} plants run {what} in {environment}.", count=say_number(count), **values)
    some = start(say_number(len(sound)))
    if len(sound) == 1:
        return say("One of {count} plants runs {what} in {environment}.", count=say_number(count), **values)
    return say("{some} of {count} plants run {what} in {environment}.", some=some, count=say_number(count), **values)


def _build_doubtful(context: Context, plants: Sequence[str]) -> str:
    names = _build_names(context, plants)
    if len(plants) == 1:
        return say("{plant} runs one there that is [not approved]{{.cost}} now.", plant=names)
    return say("{plants} run one there that is [not approved]{{.cost}} now.", plants=names)


def _build_missing(context: Context, plants: Sequence[str]) -> str:
    names = _build_names(context, plants)
    if len(plants) == 1:
        return say("{plant} has none there yet.", plant=names)
    return say("{plants} have none there yet.", plants=names)


def _build_unfollowed(count: int) -> str:
    if count == 1:
        return say("[One entry is not followed]{{.cost}}: see below.")
    return say("[{count} entries are not followed]{{.cost}}: see below.", count=start(say_number(count)))


def _build_names(context: Context, plants: Sequence[str]) -> str:
    """Build a list of plants' names; of many, the first and how many more."""
    names = [build_name(context, plant) for plant in plants[:_NAMED]]
    if len(plants) > _NAMED:
        names.append(say("{count} more", count=say_number(len(plants) - _NAMED)))
    return say_list(names)


def build_name(context: Context, plant: str) -> str:
    """Build a plant's name."""
    return escape(context.settings.plants[plant].name)


def build_status(status: str) -> str:
    """Build the status of a version; one that differs by environment is told as it is."""
    words = {"approved": say("approved"), "rejected": say("rejected"), "pending": say("pending")}
    return words.get(status, escape(status))


def build_problems(problems: Sequence[Problem]) -> list[str]:
    """Build what is not followed: a point for each tag, with all that is wrong with it."""
    if not problems:
        return []
    sentences: dict[tuple[str, str], str] = {}
    for problem in problems:
        before = sentences.get((problem.plant, problem.tag))
        said = f"{before} {problem.sentence.replace(f'tag {problem.tag} ', 'It ', 1)}" if before else problem.sentence
        sentences[problem.plant, problem.tag] = said
    points = [f"- {escape(history.clean(said))}" for said in list(sentences.values())[:SHOWN]]
    if len(sentences) > SHOWN:
        points.append("- " + say("and {count} more.", count=format_number(len(sentences) - SHOWN, 0)))
    intro = say(
        "Each of these entries breaks a rule, so the environments keep what they had. `elc audit` says what mends each."
    )
    return [f"## {say('What is not followed')}", intro, "\n".join(points)]
