"""Put what is assigned to an environment into its folder, plant by plant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from elc.errors import ElcError, build_nearest, check_faults
from elc.records.assignment import Assignment
from elc.registry import storage
from elc.registry.approve import find_fallback
from elc.registry.context import Context, check_policy, check_whole
from elc.registry.deployed import deploy_package, read_deployed, remove_deployed
from elc.registry.former import find_former, is_retired
from elc.registry.register import check_registration
from elc.registry.seen import write_seen


def deploy_all(context: Context, environment: str, plants: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Deploy some plants of an environment, or all; give a line for each, and whether it failed.

    A plant that fails keeps what it had, and stops no other.

    Raises:
        ElcError: the environment is unknown, or a plant is not in it.
    """
    deployable = context.environment(environment).find_plants(context.settings.plants)
    strange = [plant for plant in plants if plant not in deployable]
    if strange:
        raise ElcError(
            f"environment {environment}: {strange[0]} is not one of its plants: {build_nearest(strange[0], deployable)}"
        )
    if not plants:
        yield from _remove_retired(context, environment)
    for plant in plants or deployable:
        try:
            yield deploy_plant(context, plant, environment), False
        except (ElcError, OSError) as error:
            yield f"{plant}: not deployed; what was there stays. {error}", True


def _remove_retired(context: Context, environment: str) -> Iterator[tuple[str, bool]]:
    """Remove what is deployed of plants that were retired: their last tag says so, and params.yaml has them no more."""
    for plant in find_former(context):
        if is_retired(context.registry.line(plant)) and context.project.deployed(environment, plant).is_dir():
            remove_deployed(context.project, environment, plant)
            yield f"{plant}: retired, the version that was there is removed", False


def deploy_plant(context: Context, plant: str, environment: str) -> str:
    """Deploy what is assigned of a plant, and say in a line what was done; where nothing is assigned, remove.

    Raises:
        ElcError: what is assigned may not be deployed, or cannot be obtained whole.
    """
    project = context.project
    assignment = find_assignment(context, plant, environment)
    _remember(context, plant, environment)
    passed = "".join(f"; not followed: {problem.sentence}" for problem in context.follow(plant, environment).problems)
    if assignment is None:
        had = _check_removal(context, plant, environment)
        remove_deployed(project, environment, plant)
        return f"{plant}: nothing is assigned" + (", the version that was there is removed" if had else "") + passed
    remote = storage.find_remote(project.root, context.environment(environment).remote)
    is_new = deploy_package(project, assignment, remote=remote)
    return f"{plant}: {assignment.version} {'deployed' if is_new else 'is there already'}{passed}"


def find_assignment(context: Context, plant: str, environment: str) -> Assignment | None:
    """Find the version to deploy of a plant in an environment; None where nothing is assigned.

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
        repair = (
            f"elc rollback {plant} --env {environment} --to {back}"
            if back
            else ("no earlier version is still approved")
        )
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


def _remember(context: Context, plant: str, environment: str) -> None:
    """Remember the tags that count, so that one which is taken away later is missed."""
    trust = context.rules.trust
    if environment in trust.find_signed(plant):
        write_seen(context.project, environment, plant, trust.find_counted(context.line(plant), environment))


def _check_removal(context: Context, plant: str, environment: str) -> bool:
    """Tell whether something is deployed that nothing assigns any more.

    Raises:
        ElcError: the tag that put it there is not here: then it is the tags that are missing, not the assignment.
    """
    if not context.project.deployed(environment, plant).is_dir():
        return False
    record = read_deployed(context.project, environment, plant)
    if record is not None and all(event.tag != record.tag for event in context.line(plant).events):
        raise ElcError(
            f"plant {plant}: {record.version} was deployed in {environment} by tag {record.tag}, which is missing "
            "here. Fetch it: git fetch --tags."
        )
    return True
