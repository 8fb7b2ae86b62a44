"""What holds now: the policy that was reviewed, and versions in use that are not approved any more."""

from __future__ import annotations

from collections.abc import Iterator

from elc.errors import ElcError
from elc.registry.approve import find_fallback
from elc.registry.context import Context
from elc.registry.objects import read_committed
from elc.registry.trust import Problem
from elc.settings import parse_settings


def find_policy_problems(context: Context) -> Iterator[Problem]:
    """Find environments that differ from those of the last commit: nobody reviewed them."""
    text = read_committed(context.project.root, "HEAD", "params.yaml")
    try:
        committed = None if text is None else parse_settings(text).environments
    except ElcError:  # of an earlier form, so it asks for something else
        committed = None
    if committed != context.settings.environments:
        sentence = (
            "params.yaml: its environments are not those of the last commit, so nobody reviewed them. Commit the "
            "change, or restore what was reviewed."
        )
        yield Problem("policy", "", "", sentence, "" if text is None else "git checkout params.yaml")


def find_use_problems(context: Context) -> Iterator[Problem]:
    """Find versions in use that are rejected or pending now, with the version to go back to."""
    for name, environment in context.settings.environments.items():
        for plant in environment.find_plants(context.settings.plants):
            yield from _find_use(context, plant, name)


def _find_use(context: Context, plant: str, environment: str) -> Iterator[Problem]:
    followed = context.follow(plant, environment)
    version = followed.version
    if version is None or followed.event is None:
        return
    if context.rules.is_approved(version, context.line(plant), environment):
        return
    status = context.find_status(version, environment)
    back = find_fallback(context, plant, environment, without=version.version)
    sentence = f"{plant} {version.version} is in {environment}, and is {status} now."
    if back is None:
        sentence += " No earlier version there is still approved: promote an approved one."
    repair = "" if back is None else f"elc rollback {plant} --env {environment} --to {back}"
    yield Problem("use", plant, followed.event.tag, sentence, repair)
