"""Go back to a version that was in an environment before."""

from __future__ import annotations

from elc.errors import ElcError
from elc.registry.approve import check_approved, find_fallback
from elc.registry.context import Context, check_policy, check_whole
from elc.registry.register import check_registration
from elc.registry.state import Version


def check_rollback(context: Context, plant: str, environment: str, to: str | None) -> Version:
    """Find the version to go back to: the one named, or the last still approved one that was there before.

    Raises:
        ElcError: nothing is there, there is nothing to go back to, or the one named was never there or is not approved.
    """
    line = context.line(plant)
    context.environment(environment)
    check_policy(context, environment)
    check_whole(context, plant, environment)
    current = context.follow(plant, environment).version
    where = f"roll back {plant} in {environment}"
    if current is None:
        raise ElcError(f"{where}: no version is there. elc models {plant} shows what was.")
    target = to or find_fallback(context, plant, environment, without=current.version)
    if target is None:
        raise ElcError(f"{where}: no version that is still approved was there before {current.version}.")
    if target == current.version:
        raise ElcError(f"{where}: {target} is there already.")
    version = line.find_version(target)
    if not context.rules.was_in(version, line, environment):
        raise ElcError(f"{where}: {target} was never there. elc promote {plant} {target} --env {environment}")
    check_approved(context, version, environment)
    check_registration(context, version)
    return version
