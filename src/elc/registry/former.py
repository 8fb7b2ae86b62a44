"""Plants that are gone: their line of versions is ended by a tag, and their history is read as it was."""

from __future__ import annotations

from dataclasses import replace

from elc.errors import ElcError, check_known
from elc.registry.approve import find_signed
from elc.registry.context import Context
from elc.registry.objects import read_committed
from elc.registry.rules import Rules
from elc.registry.state import Line
from elc.registry.write import TagDraft, write_tag
from elc.settings import PlantSettings, parse_settings


def deprecate(context: Context, plant: str, *, reason: str) -> str:
    """End a plant's line of versions: no environment holds one of them any more. Return the tag, empty if it is there.

    Raises:
        ElcError: the reason is empty, or the signer may not.
    """
    line = context.line(plant)
    if not reason.strip():
        raise ElcError(f"plant {plant}: retiring it needs a reason. Give one: --reason ...")
    if is_retired(line):
        return ""
    signed = find_signed(context, plant)
    last = list(line.versions.values())[-1]
    fields = {"version": last.version, "reason": " ".join(reason.split())}
    draft = TagDraft(
        plant,
        "deprecate",
        last.commit,
        f"Retire {plant}",
        fields,
        right="promote" if signed else None,
        environments=signed,
    )
    return write_tag(context, draft)


def is_retired(line: Line) -> bool:
    """Tell whether the last that was done to a line of versions was to end it."""
    return bool(line.events) and line.events[-1].action == "deprecate"


def find_former(context: Context) -> list[str]:
    """Find the plants with versions that params.yaml no longer has."""
    return [plant for plant in context.registry.lines if _is_gone(context, plant)]


def _is_gone(context: Context, plant: str) -> bool:
    return plant not in context.settings.plants and context.is_former(plant)


def recall(context: Context, plant: str) -> Context:
    """Recall a plant that params.yaml no longer has, as its last version was registered, so that its history is read.

    A plant that params.yaml has is as it is there.

    Raises:
        ElcError: there never was such a plant, or its entry cannot be read any more.
    """
    settings = context.settings
    if plant in settings.plants:
        return context
    if not _is_gone(context, plant):
        check_known("plant", plant, settings.plants)
    entry = _read_entry(context, plant)
    plants = settings.plants | {plant: entry}
    environments = {
        name: it if it.plants == "all" else it.model_copy(update={"plants": [*it.plants, plant]})
        for name, it in settings.environments.items()
    }
    whole = settings.model_copy(update={"plants": plants, "environments": environments})
    signers = context.rules.trust.signers.include(plant, entry.region)
    rules = Rules(context.project.root, environments, list(plants), signers)
    return replace(context, settings=whole, rules=rules)


def _read_entry(context: Context, plant: str) -> PlantSettings:
    versions = list(context.registry.line(plant).versions.values())
    text = read_committed(context.project.root, versions[-1].commit, "params.yaml") or ""
    try:
        return parse_settings(text).plants[plant]
    except (ElcError, KeyError) as error:
        raise ElcError(
            f"plant {plant}: it is no longer in params.yaml, and its entry of version {versions[-1].version} cannot be "
            f"read ({error}). git log 'refs/tags/{plant}*' lists its history."
        ) from None
