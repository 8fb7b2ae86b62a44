"""Put a version into an environment, or go back to an earlier one."""

from __future__ import annotations

from elc.errors import ElcError, check_faults
from elc.records.assignment import Assignment
from elc.registry.context import Context, check_policy, check_whole
from elc.registry.decide import check_approved, find_fallback, find_signed
from elc.registry.register import check_registration
from elc.registry.state import Version
from elc.registry.write import Draft, write_tag


def check_promotion(context: Context, plant: str, version: str, environment: str) -> Version:
    """Check that a version may go into an environment, and return it.

    Raises:
        ElcError: plant, version or environment is unknown, the plant is not in the environment, the version was not in
            the environment before it, is not approved, is there already, or its tag is not sound.
    """
    found = context.line(plant).find_version(version)
    chosen = context.environment(environment)
    check_policy(context, environment)
    check_whole(context, plant, environment)
    where = f"promote {plant} {version} to {environment}"
    if not chosen.holds(plant):
        raise ElcError(f"{where}: {plant} is no plant of {environment}. Add it to environments.{environment}.plants.")
    current = context.follow(plant, environment).version
    if current is not None and current.version == version:
        raise ElcError(f"{where}: it is there already.")
    source = chosen.source
    if source is not None and not context.rules.was_in(found, context.line(plant), source):
        raise ElcError(
            f"{where}: it was never in {source}, which comes first. elc promote {plant} {version} --env {source}"
        )
    check_approved(context, found, environment)
    check_registration(context, found)
    return found


def assign(context: Context, version: Version, environment: str, *, reason: str) -> str:
    """Record that a version is in an environment from now on, and return the tag; the checks were made before."""
    plant = version.plant
    before = context.follow(plant, environment).version
    signed = find_signed(context, plant)
    fields = {
        "version": version.version,
        "environment": environment,
        "package": version.package,
        "sha256": version.sha256,
        "before": "" if before is None else before.version,
        "reason": " ".join(reason.split()),
    }
    sentence = f"Put {plant} {version.version} into {environment}"
    is_signed = environment in signed
    draft = Draft(
        plant,
        "assign",
        version.commit,
        sentence,
        fields,
        stage=environment,
        right="promote" if is_signed else None,
        environments=(environment,) if is_signed else (),
    )
    return write_tag(context, draft)


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
        raise ElcError(f"{where}: no earlier version that is still approved was there before {current.version}.")
    if target == current.version:
        raise ElcError(f"{where}: {target} is there already.")
    version = line.find_version(target)
    if not context.rules.was_in(version, line, environment):
        raise ElcError(f"{where}: {target} was never there. elc promote {plant} {target} --env {environment}")
    check_approved(context, version, environment)
    check_registration(context, version)
    return version


def find_assignment(context: Context, plant: str, environment: str) -> Assignment | None:
    """Find what is to be deployed of a plant in an environment; None where nothing is assigned.

    Raises:
        ElcError: what is assigned may not be deployed: it is not approved any more, or no tag that assigns is sound.
    """
    check_policy(context, environment)
    check_whole(context, plant, environment)
    followed = context.follow(plant, environment)
    if followed.event is None or followed.version is None:
        check_faults(f"{plant} in {environment}", [problem.sentence for problem in followed.problems])
        return None
    version = followed.version
    if not context.rules.is_approved(version, context.line(plant), environment):
        back = find_fallback(context, plant, environment, without=version.version)
        repair = f"elc rollback {plant} --env {environment} --to {back}" if back else "no earlier one is still approved"
        status = context.find_status(version, environment)
        check_faults(f"{plant} {version.version} in {environment}", [f"it is {status} now. Go back: {repair}."])
    check_registration(context, version)
    return Assignment(
        plant=plant,
        environment=environment,
        version=version.version,
        commit=version.commit,
        tag=followed.event.tag,
        oid=followed.event.oid,
        package=version.package,
        sha256=version.sha256,
    )
