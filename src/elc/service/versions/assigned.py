"""Which versions to serve: what tags assign is copied and tested before it is loaded.

While requests are answered this is done in a process of its own: Git, DVC and the proofs would take time from them.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from elc import curve, registry
from elc.errors import ElcError
from elc.paths import Project
from elc.registry.deployed import Used

LOG = logging.getLogger("elc.service")
TESTS = ("golden", "shape")  # before any request reaches a version
CANDIDATE = "candidate"
APART_S = 600  # ASSUME: a remote that gives no package in so long is out of reach
NICENESS = 5  # requests come first where the processor is busy
RUN = "import sys; from elc.service.versions.assigned import main; main(*sys.argv[1:])"


@dataclass(frozen=True)
class Assigned:
    """A version that was proved; where none can be served, `fault` says why.

    `digest` is the SHA-256 of the package's content: what was proved has it, and what is loaded must. `tag` is the one
    that put it there; `is_new` if it was copied just now.
    """

    folder: str = ""
    environment: str = ""
    version: str = ""
    digest: str = ""
    tag: str = ""
    is_new: bool = False
    fault: str = ""

    @property
    def name(self) -> tuple[str, str, str]:
        """What tells a version from another of the same plant."""
        return self.version, self.digest, self.tag


def find_assigned(project: Project, environment: str, plants: Sequence[str]) -> dict[str, Assigned]:
    """Find the versions of plants; what a tag assigns that is not there yet is copied in a separate process."""
    late = _find_late(project, environment, plants)
    apart = find_apart(project, environment, late) if late else {}
    return {plant: apart.get(plant) or _find_one(project, environment, plant) for plant in plants}


def open_former(project: Project, environment: str, plant: str, version: str) -> Assigned:
    """Open the last good version as if it were assigned; the tags, not the file that names it, say whether it may."""
    return _prove(plant, lambda: registry.open_former(project, plant, version, environment=environment))


def find_apart(project: Project, environment: str, plants: Sequence[str]) -> dict[str, Assigned]:
    """Find the versions of plants in a process of its own."""
    command = [sys.executable, "-P", "-c", RUN, str(project.root.resolve()), environment, *plants]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=APART_S)
        found = json.loads(done.stdout.splitlines()[-1])
        return {plant: Assigned(**found[plant]) for plant in plants}
    except subprocess.TimeoutExpired:
        fault = f"the assigned package could not be copied in {APART_S} s. Check the DVC remote."
    except (OSError, subprocess.CalledProcessError, ValueError, LookupError, TypeError) as error:
        told = str(getattr(error, "stderr", None) or error)
        LOG.error("versions could not be looked up", extra={"fields": {"sentence": told[-2000:]}})
        fault = "the assigned version could not be looked up; see the log."
    return {plant: Assigned(fault=f"plant {plant}: {fault}") for plant in plants}


def _hash_candidate(folder: Path) -> str:
    """Hash the content of a package that no tag speaks of.

    Raises:
        ElcError: there is no package.
    """
    if not (folder / "card.json").is_file():
        raise ElcError(f"model package {folder}: card.json was not found. Train the plant with dvc repro.")
    return registry.hash_content(folder, without=())


def _find_late(project: Project, environment: str, plants: Sequence[str]) -> list[str]:
    """Find the plants of which tags assign a version that does not lie in its folder yet."""
    if not environment:
        return []
    try:
        context = registry.read_context(project)
    except ElcError:  # said when each plant is looked up
        return []
    return [plant for plant in plants if _is_late(context, plant, environment)]


def _is_late(context: registry.Context, plant: str, environment: str) -> bool:
    try:
        event = context.follow(plant, environment).event
        record = registry.read_deployed(context.project, environment, plant)
    except ElcError:  # the same
        return False
    return event is not None and (record is None or record.oid != event.oid)


def _find_one(project: Project, environment: str, plant: str) -> Assigned:
    return _prove(plant, lambda: registry.find_used(project, plant, environment=environment))


def _prove(plant: str, find: Callable[[], Used]) -> Assigned:
    """Prove a package on its golden rows and its shape; what is wrong with it must not end the watch over others."""
    try:
        used = find()
        digest = used.sha256 or _hash_candidate(used.folder)
        proofs = curve.prove(used.folder, TESTS, plant=plant, sha256=digest, max_latency_ms=float("inf"))
    except ElcError as error:
        return Assigned(fault=str(error))
    except Exception as error:
        LOG.exception("a version could not be looked up", extra={"fields": {"plant": plant}})
        return Assigned(fault=f"plant {plant}: the assigned version cannot be looked up ({error}).")
    fault = "; ".join(proof.fault for proof in proofs if proof.fault)
    return Assigned(str(used.folder), used.environment, used.version or CANDIDATE, digest, used.tag, fault=fault)


def _lay_down(project: Project, environment: str, plants: Sequence[str]) -> dict[str, str]:
    """Lay down what is assigned and not there yet; give what stands against it by plant, empty where nothing does."""
    found: dict[str, str] = {}
    for plant in _find_late(project, environment, plants):
        found[plant] = ""
        try:
            registry.deploy_plant(registry.read_context(project), plant, environment)
        except (ElcError, OSError) as error:
            found[plant] = f"plant {plant}: the assigned package cannot be copied; the previous one stays. {error}"
    return found


def main(root: str, environment: str, *plants: str) -> None:
    """Lay down and look up, and write what was found as JSON."""
    with suppress(OSError):  # where a sandbox forbids it
        os.nice(NICENESS)
    project = Project(Path(root))
    laid = _lay_down(project, environment, plants)
    found = {}
    for plant in plants:
        fault = laid.get(plant)
        one = Assigned(fault=fault) if fault else _find_one(project, environment, plant)
        found[plant] = replace(one, is_new=plant in laid)
    sys.stdout.write("\n" + json.dumps({plant: asdict(one) for plant, one in found.items()}))
