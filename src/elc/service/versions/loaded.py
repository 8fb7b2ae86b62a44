"""One version of one plant in memory: verified, and warm before any request reaches it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elc import curve
from elc.errors import ElcError
from elc.fields import AGE
from elc.paths import Project
from elc.service.versions.assigned import Assigned
from elc.service.versions.batch import Batch, Inputs, Outputs, Scored, ScoreError, check_finite
from elc.settings import StageSettings, TagList, read_operation, read_tags

WARM_RUNS = 20


@dataclass(frozen=True, eq=False)
class Loaded:
    """A version that answers: `package` scores, `tags` and `settings` say what is around it.

    `digest` is the SHA-256 of the package's content; `assigned` is the tag that put it there.
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


def load(project: Project, plant: str, assigned: Assigned) -> Loaded:
    """Read a version that was proved, and score until it is warm.

    Raises:
        ElcError: there is none, it is not whole, or it is another one since it was proved.
    """
    if assigned.fault:
        raise ElcError(assigned.fault)
    folder = Path(assigned.folder)
    package = curve.read_found(folder, sha256=assigned.digest)
    loaded = Loaded(
        plant=plant,
        version=assigned.version,
        environment=assigned.environment,
        digest=assigned.digest,
        assigned=assigned.tag,
        package=package,
        tags=read_tags(project.tags(plant), plant),
        settings=read_operation(project, plant, assigned.environment),
    )
    _warm(loaded)
    return loaded


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
