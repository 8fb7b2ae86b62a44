"""The two packages that are compared: a version or the candidate on the left, the version in use on the right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from elc import curve
from elc.curve import Package
from elc.errors import ElcError, check_faults
from elc.paths import Project

if TYPE_CHECKING:
    from elc.registry import Used

CANDIDATE = "candidate"
HASH_DIGITS = 12


@dataclass(frozen=True)
class Side:
    """One of the packages, and what it is called: `candidate`, `v1.2.0` or `v1.1.0 in prod`."""

    label: str
    package: Package

    @property
    def sha256(self) -> str:
        """The hash of the card, which holds those of all other files."""
        return str(self.package.card["sha256"])

    @property
    def columns(self) -> list[str]:
        return [*self.package.features, *self.package.setpoints]

    def find_last(self) -> pd.Timestamp:
        """The start of the last hour that the package was trained on, for training or for validation."""
        return max(pd.Timestamp(part["last"]) for part in self.package.card["trained_on"].values())


@dataclass(frozen=True)
class Pair:
    """The packages of one plant; `right` is None where nothing is in use."""

    left: Side
    right: Side | None

    @property
    def sides(self) -> dict[str, Side]:
        return {"left": self.left} if self.right is None else {"left": self.left, "right": self.right}


def build_pair(left_folder: Path, left_label: str, right_folder: Path | None, right_label: str) -> Pair:
    """Build a pair from the folders of two packages; `right_folder` is None where nothing is in use.

    Raises:
        ElcError: a package is not whole, does not say what it was trained on, or the two are of different plants or
            have one label.
    """
    left = _read_side(left_folder, left_label, sha256="")
    right = None if right_folder is None else _read_side(right_folder, right_label, sha256="")
    return _join(left, right, f"compare {left_folder} with {right_folder}")


def _join(left: Side, right: Side | None, where: str) -> Pair:
    """Join two packages.

    Raises:
        ElcError: they are of different plants, or have one label.
    """
    if right is None:
        return Pair(left, None)
    left_label, right_label, faults = left.label, right.label, []
    plants = [str(side.package.card["plant"]) for side in (left, right)]
    if plants[0] != plants[1]:
        faults.append(f"{left_label} is of plant {plants[0]}, {right_label} of {plants[1]}. Expected one plant.")
    if left_label == right_label:
        faults.append(f"both packages are called {left_label}. Give each a name of its own.")
    check_faults(where, faults)
    return Pair(left, right)


def _read_side(folder: Path, label: str, *, sha256: str) -> Side:
    package = curve.read_found(folder, sha256=sha256)
    absent = [key for key in ("plant", "trained_on") if not package.card.get(key)]
    if absent:
        raise ElcError(
            f"model package {folder}: card.json has no {' and no '.join(absent)}, expected what the package is of and "
            f"learnt from. Train the plant again, then register it."
        )
    return Side(label, package)


def read_pair(project: Project, plant: str, *, version: str, environment: str) -> Pair:
    """Read a version of a plant (empty: the candidate in models/) and the version in use.

    In use is what a tag that is followed assigns to the environment (empty: the highest that has one), so that every
    clone compares the same; where none does, what is deployed there all the same.

    Raises:
        ElcError: version or environment is unknown, the version is the one in use, or a package is missing or altered.
    """
    from elc import registry

    candidate = registry.Used(project.model(plant), "", "", "", "")
    used = registry.open_version(project, plant, version) if version else candidate
    left = _read_side(used.folder, version or CANDIDATE, sha256=used.sha256)
    in_use, label = _find_in_use(project, plant, environment) or (None, "")
    if in_use is not None and version and in_use.version == version:
        raise ElcError(
            f"compare {plant}: {label} is the version in use itself, expected another. elc models {plant} lists them; "
            f"--env names the environment to compare with."
        )
    right = None if in_use is None else _read_side(in_use.folder, label, sha256=in_use.sha256)
    pair = _join(left, right, f"compare {left.label} with {label}")
    found = str(pair.left.package.card["plant"])
    if found != plant:
        raise ElcError(f"model package {used.folder}: is of plant {found}, expected {plant}. Train {plant} again.")
    return pair


def _find_in_use(project: Project, plant: str, environment: str) -> tuple[Used, str] | None:
    """Find the version in use, and its label."""
    from elc import registry

    context = registry.read_context(project)
    for name in [environment] if environment else reversed(context.settings.environments):
        context.environment(name)
        version = context.follow(plant, name).version
        if version is not None:
            return registry.open_version(project, plant, version.version), f"{version.version} in {name}"
        if project.deployed(name, plant).is_dir():
            used = registry.find_used(project, plant, environment=name)
            return used, used.label
    return None
