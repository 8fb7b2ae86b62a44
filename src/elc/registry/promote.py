"""Promote versions: functional tests before and after, their report, and only then the tag."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from elc.errors import ElcError, check_faults
from elc.registry import storage
from elc.registry.approve import check_approved
from elc.registry.assign import assign
from elc.registry.context import Context, check_policy, check_whole
from elc.registry.junit import write_junit
from elc.registry.register import check_registration
from elc.registry.state import Version
from elc.settings import EnvironmentSettings

if TYPE_CHECKING:
    from elc.curve import Proof


@dataclass(frozen=True)
class Move:
    """What became of one plant: promoted by a tag, waiting for an approval, failed, or not tried.

    A version that is passed over is none that stops anything: nobody registered it as they should, or as a pre-release.
    """

    plant: str
    version: str
    state: Literal["promoted", "waits", "failed", "not tried", "passed over"]
    text: str


def check_promotion(context: Context, plant: str, version: str, environment: str) -> Version:
    """Check that a version may go into an environment, and return it.

    Raises:
        ElcError: plant, version or environment is unknown, the plant is not in the environment, the version was not in
            the environment before it, is not approved, is there already, or its tag is not sound.
    """
    promoted = context.line(plant).find_version(version)
    settings = context.environment(environment)
    check_policy(context, environment)
    check_whole(context, plant, environment)
    where = f"promote {plant} {version} to {environment}"
    if not settings.holds(plant):
        raise ElcError(
            f"{where}: {plant} is not a plant of {environment}. Add it to environments.{environment}.plants."
        )
    current = context.follow(plant, environment).version
    if current is not None and current.version == version:
        raise ElcError(f"{where}: it is already there.")
    source = settings.source
    if source is not None and not context.rules.was_in(promoted, context.line(plant), source):
        raise ElcError(
            f"{where}: it was never in {source}, which comes first. elc promote {plant} {version} --env {source}"
        )
    check_approved(context, promoted, environment)
    check_registration(context, promoted)
    return promoted


def promote(context: Context, plant: str, version: str, environment: str) -> str:
    """Promote a version to an environment and return the tag.

    The package is tested as the cache has it, put on this environment's remote, copied again as a deployment would,
    and tested again. What the tests found is in `reports/tests/<environment>-<plant>-<version>.xml`.

    Raises: ElcError: the version may not go there, its package cannot be obtained whole, a remote is down, or a test
    failed; nothing is promoted."""
    promoted = check_promotion(context, plant, version, environment)
    _test(context, promoted, environment)
    return assign(context, promoted, environment, reason="")


def promote_all(context: Context, environment: str) -> Iterator[Move]:
    """Promote every plant of an environment to the version that is due, wave by wave; stop after a wave with a failure.

    Due is what the environment before it holds, or the latest version that is not rejected where none comes before; one
    that is later and a pre-release, or not as `register` writes it, is told and passed over.
    Plants that hold it already, or have none, are left alone; one whose version is not approved yet waits.

    Raises:
        ElcError: the environment is unknown.
    """
    settings = context.environment(environment)
    plants = settings.find_plants(context.settings.plants)
    if settings.source is None:
        yield from (move for plant in plants for move in _find_passed(context, plant))
    due = [(plant, _find_due(context, plant, environment)) for plant in plants]
    moving = [(plant, version) for plant, version in due if version is not None]
    for start in range(0, len(moving), settings.wave):
        wave = [_try(context, plant, version, environment) for plant, version in moving[start : start + settings.wave]]
        yield from wave
        if any(move.state == "failed" for move in wave):
            left = moving[start + settings.wave :]
            yield from (Move(plant, it.version, "not tried", "a plant of the wave before failed") for plant, it in left)
            return


def _find_due(context: Context, plant: str, environment: str) -> Version | None:
    source = context.environment(environment).source
    if source is None:
        due = next((version for version, fault in _list_latest(context, plant) if not fault), None)
    else:
        due = context.follow(plant, source).version
    current = context.follow(plant, environment).version
    return None if current is not None and due is not None and current.version == due.version else due


def _find_passed(context: Context, plant: str) -> Iterator[Move]:
    """Find the versions later than the one that is due, with the reason why each is passed over."""
    for version, fault in _list_latest(context, plant):
        if not fault:
            return
        yield Move(plant, version.version, "passed over", fault)


def _list_latest(context: Context, plant: str) -> Iterator[tuple[Version, str]]:
    """List the versions that are not rejected, the latest first, with the reason why each is passed over, if any."""
    for version in reversed(context.line(plant).versions.values()):
        if version.is_active and version.status != "rejected":
            yield version, f"it {version.fault}" if version.fault else _find_registration_fault(context, version)


def _find_registration_fault(context: Context, version: Version) -> str:
    try:
        check_registration(context, version)
    except ElcError as error:
        return str(error)
    return ""


def _try(context: Context, plant: str, version: Version, environment: str) -> Move:
    if not context.rules.is_approved(version, context.line(plant), environment):
        status = context.find_status(version, environment)
        return Move(
            plant, version.version, "waits", f"it is {status}, and {environment} accepts approved versions only"
        )
    try:
        return Move(plant, version.version, "promoted", promote(context, plant, version.version, environment))
    except ElcError as error:
        return Move(plant, version.version, "failed", str(error))


def _test(context: Context, version: Version, environment: str) -> None:
    """Test a package before and after it reaches an environment's remote, and write what was found."""
    project, settings = context.project, context.environment(environment)
    source = None if settings.source is None else context.environment(settings.source).remote
    before = _prove(context, version, settings, source)
    suites = {"before": before}
    if not _find_faults(before):
        remote = storage.find_remote(project.root, settings.remote)
        if remote is not None:
            storage.push_package(project.root, version.package, remote)
        suites["after"] = _prove(context, version, settings, settings.remote)
    name = f"{environment}-{version.plant}-{version.version}"
    path = project.tests / f"{name}.xml"
    write_junit(path, name, suites)
    faults = [f"{when}, {fault}" for when, proofs in suites.items() for fault in _find_faults(proofs)]
    where = f"{version.plant} {version.version} fails the functional tests of {environment}"
    check_faults(where, [f"{fault} Full report: {path.relative_to(project.root)}" for fault in faults])


def _prove(context: Context, version: Version, settings: EnvironmentSettings, remote: str | None) -> list[Proof]:
    """Copy a package out as a deployment would, and test it there."""
    from elc import curve  # a second to import, and only tests need it

    root = context.project.root
    storage.fetch_package(root, version.package, storage.find_remote(root, remote))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        storage.lay_package(root, version.package, folder, content=version.sha256)
        return curve.prove(
            folder,
            settings.tests,
            plant=version.plant,
            sha256=version.sha256,
            max_latency_ms=settings.max_latency_ms,
        )


def _find_faults(proofs: Sequence[Proof]) -> list[str]:
    return [f"test {proof.name}: {proof.fault}" for proof in proofs if proof.fault]
