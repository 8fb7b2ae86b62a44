"""One version of one plant in memory: verified, proved, and warm before any request reaches it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elc import curve, registry
from elc.errors import ElcError
from elc.fields import AGE
from elc.paths import Project
from elc.registry.deployed import RECORD, Used
from elc.service.versions.batch import Batch, Inputs, Outputs, Scored, ScoreError, check_finite
from elc.settings import StageSettings, TagList, read_operation, read_tags

TESTS = ("golden", "shape")  # before any request reaches a version
WARM_RUNS = 20
CANDIDATE = "candidate"
DEPLOY_S = 600  # ASSUME: a remote that gives no package in so long is out of reach
# Requests come first where the processor is busy.
DEPLOY = "import os, sys; os.nice(5); from elc.cli import main; main(['deploy', *sys.argv[1:]])"


@dataclass(frozen=True, eq=False)
class Loaded:
    """A version that answers: `package` scores, `tags` and `settings` say what is around it.

    `digest` is that of the deployed package, of the card for a candidate; `assigned` is the tag that put it there.
    `batch` scores what the requests of one moment ask, together.
    """

    plant: str
    version: str
    environment: str
    digest: str
    assigned: str
    package: curve.Package
    tags: TagList
    settings: StageSettings
    features: tuple[str, ...] = field(init=False)
    setpoints: tuple[str, ...] = field(init=False)
    batch: Batch = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", tuple(self.package.features))
        object.__setattr__(self, "setpoints", tuple(self.package.setpoints))
        object.__setattr__(self, "batch", Batch(self._score))

    @property
    def name(self) -> tuple[str, str, str]:
        """What tells a version from another of the same plant."""
        return self.version, self.digest, self.assigned

    def score(self, inputs: Inputs) -> Scored:
        """Score features (rows, features).

        Raises:
            ScoreError: a row has no finite answer.
        """
        return check_finite(self.attempt(inputs))

    def attempt(self, inputs: Inputs) -> Scored:
        """Score features (rows, features); where there is no finite answer, the energy says so."""
        start = time.perf_counter()
        energy, is_outside = self._score(inputs)
        return Scored(inputs, energy, is_outside, time.perf_counter() - start)

    def _score(self, inputs: Inputs) -> Outputs:
        return self.package.score(inputs), self.package.envelope.mark_outside(inputs.astype(np.float64))

    def score_response(self, inputs: Inputs) -> NDArray[np.float64]:
        """Predict what the response expects (rows,; GJ/h) of features and set-points (rows, both).

        Raises:
            ScoreError: a row has no finite answer.
        """
        energy = self.package.score_response(inputs).mean(axis=1)
        if not np.isfinite(energy).all():
            raise ScoreError
        return np.asarray(energy)

    @property
    def is_aged(self) -> bool:
        """Whether the age since a turnaround is a feature, which may be left out of a row about now."""
        return AGE in self.features


def find_version(project: Project, plant: str, environment: str) -> Used:
    """Find the version that is to be served; what a tag assigns since is put into its folder first.

    Raises:
        ElcError: there is none, it may not be used, or it is not whole.
    """
    if environment and _is_assigned(project, plant, environment):
        _deploy(project, plant, environment)
    return registry.find_used(project, plant, environment=environment)


def _is_assigned(project: Project, plant: str, environment: str) -> bool:
    """Whether tags assign a version that does not lie in the folder yet."""
    context = registry.read_context(project)
    event = context.follow(plant, environment).event
    record = registry.read_deployed(project, environment, plant)
    return event is not None and (record is None or record.oid != event.oid)


def _deploy(project: Project, plant: str, environment: str) -> None:
    """Put what is assigned into its folder, in a process of its own: DVC would take this one's memory and time.

    Raises:
        ElcError: with what the command said.
    """
    command = [sys.executable, "-c", DEPLOY, "--env", environment, "--plant", plant]
    try:
        done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False, timeout=DEPLOY_S)
    except subprocess.TimeoutExpired:
        raise ElcError(f"{plant}: elc deploy took longer than {DEPLOY_S} s. Look at the DVC remote.") from None
    if done.returncode:
        raise ElcError(" ".join((done.stderr or done.stdout).split())[-1000:] or f"{plant}: elc deploy failed.")


def load(project: Project, plant: str, used: Used) -> Loaded:
    """Read a version, prove it on its golden rows and its shape, and score until it is warm.

    Raises:
        ElcError: the package is not whole, is another plant's, or fails a test.
    """
    proofs = curve.prove(used.folder, TESTS, plant=plant, max_latency_ms=float("inf"))
    faults = [proof.fault for proof in proofs if proof.fault]
    if faults:
        raise ElcError("; ".join(faults))
    package = curve.read(used.folder)
    settings = read_operation(project, plant, used.environment)
    digest, assigned = _read_identity(used.folder)
    loaded = Loaded(
        plant=plant,
        version=used.version or CANDIDATE,
        environment=used.environment,
        digest=digest,
        assigned=assigned,
        package=package,
        tags=read_tags(project.tags(plant), plant),
        settings=settings,
    )
    _warm(loaded)
    return loaded


def _read_identity(folder: Path) -> tuple[str, str]:
    if (folder / RECORD).is_file():
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return str(record["sha256"]), f"{record['tag']} {record['oid']}"
    return curve.hash_file(folder / "card.json"), ""


def _warm(loaded: Loaded) -> None:
    """Score what the plant did best, one row and many at a time.

    Raises:
        ElcError: there is no finite answer.
    """
    rows = loaded.package.precedents
    if rows.empty:
        return
    features = rows[list(loaded.features)].to_numpy(np.float32)
    both = rows[[*loaded.features, *loaded.setpoints]].to_numpy(np.float32)
    features, both = features[np.isfinite(features).all(axis=1)], both[np.isfinite(both).all(axis=1)]
    try:
        for run in range(WARM_RUNS):
            loaded.score(features[run % len(features)][None])
        loaded.score(features)
        loaded.score_response(both)
    except ScoreError:
        raise ElcError(f"plant {loaded.plant} {loaded.version}: it gives no number for its own precedents.") from None
