"""What is deployed: the package of each plant in each environment, copied whole, and read back with its hash."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from elc.errors import ElcError, build_nearest, check_faults
from elc.files import hold_lock, read_plain, replace_folder
from elc.paths import CANDIDATE, Project
from elc.records import RecordError, parse_record, write_record
from elc.records.assignment import FILE as RECORD
from elc.records.assignment import Assignment
from elc.records.card import FILE as CARD
from elc.records.card import Card
from elc.registry import storage

# A folder that is swapped while it is read is read again.
READS = 20
PAUSE_S = 0.01


@dataclass(frozen=True)
class Used:
    """Name the package that a stage reads; all but the folder is empty for the candidate.

    `sha256` is of its content, as its tag says (`curve.read_found` reads that and nothing else); `tag` is the one that
    put it there.
    """

    folder: Path
    environment: str
    version: str
    sha256: str
    tag: str

    @property
    def label(self) -> str:
        """What a page says of it."""
        return f"{self.version} in {self.environment}" if self.environment else "candidate, not approved"


def deploy_package(project: Project, assignment: Assignment, *, remote: str | None) -> bool:
    """Copy the assigned package into the folder of its plant and environment, whole or not at all.

    Returns False where it is there already and its hash matches.

    Raises:
        ElcError: the package cannot be obtained whole, or is another plant's. What was deployed before stays.
    """
    folder = project.deployed(assignment.environment, assignment.plant)
    with hold_lock(_build_lock(folder)):
        if folder.is_dir() and _is_there(project, assignment):
            return False
        storage.fetch_package(project.root, assignment.package, remote)
        _clear_way(folder)
        with replace_folder(folder) as fresh:
            storage.lay_package(project.root, assignment.package, fresh, content=assignment.sha256)
            check_plant(fresh, assignment)
            write_record(fresh / RECORD, assignment)
    return True


def _is_there(project: Project, assignment: Assignment) -> bool:
    try:
        return read_deployed(project, assignment.environment, assignment.plant) == assignment
    except ElcError:  # damaged, so it is copied again
        return False


def check_plant(folder: Path, assignment: Assignment) -> None:
    """Check that a package is one of the plant that it is assigned to.

    Raises:
        ElcError: its card names another plant, or none.
    """
    where = f"plant {assignment.plant}: package {assignment.package} of {assignment.version}"
    try:
        owner = parse_record(read_plain(folder / CARD), Card, name=where, cure="Train it again.").plant
    except (OSError, ValueError, RecordError):
        raise ElcError(f"{where} has no card.json that names its plant. Train and register it again.") from None
    if owner != assignment.plant:
        raise ElcError(
            f"{where} is one of plant {owner!r}, expected {assignment.plant!r}. It was not deployed. Run `elc audit`."
        )


def read_deployed(project: Project, environment: str, plant: str) -> Assignment | None:
    """Read what is deployed for a plant in an environment, and check that its files are those that were deployed.

    Raises:
        ElcError: a file was changed, added or removed since, or the record is not that of this plant and environment.
    """
    path = project.deployed(environment, plant)
    for _ in range(READS):
        seen = _look(path)
        try:
            return _read_folder(seen[0], environment, plant) if seen else None
        except ElcError:
            if seen == _look(path):
                raise
        time.sleep(PAUSE_S)
    raise ElcError(f"{path}: was replaced {READS} times while it was read. Try again when nothing is being deployed.")


def _look(path: Path) -> tuple[Path, int, int] | None:
    """Find where a folder lies, and what tells it from the one that replaces it."""
    for place in (path, _build_former(path), path):
        try:
            stat = place.stat()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ElcError(f"{place}: cannot be read ({error.strerror}). Remove what is in the way.") from None
        return place, stat.st_ino, stat.st_ctime_ns
    return None


def _build_former(path: Path) -> Path:
    """Build the name that `replace_folder` gives the folder that it replaces."""
    return path.with_name(f".{path.name}.old")


def _read_folder(folder: Path, environment: str, plant: str) -> Assignment:
    advice = f"Run `elc deploy --env {environment}`."
    record = _read_record(folder, advice=advice)
    faults = []
    if (record.plant, record.environment) != (plant, environment):
        faults.append(f"holds {record.plant} for {record.environment}, expected {plant} for {environment}. {advice}")
    content = storage.hash_content(folder, without=(RECORD,))
    if content != record.sha256:
        faults.append(
            f"its files are not those of {record.version}: one was changed, added or removed since. "
            f"The content hash is {content}, expected {record.sha256}. {advice}"
        )
    check_faults(str(folder), faults)
    return record


def _read_record(folder: Path, *, advice: str) -> Assignment:
    try:
        text = read_plain(folder / RECORD)
    except (OSError, ValueError) as error:
        raise ElcError(f"{folder / RECORD}: cannot be read ({error}). {advice}") from None
    return parse_record(text, Assignment, name=str(folder / RECORD), cure=advice)


def find_folder(path: Path) -> Path:
    """Find a folder that may be being replaced right now: at `path`, or for a moment under its former name.

    It stays under the former name if the run that replaced it was killed right then.
    """
    seen = _look(path)
    return seen[0] if seen else path


def find_used(project: Project, plant: str, *, environment: str, environments: Sequence[str]) -> Used:
    """Find the package that stages read for a plant: the one in `environment`, the candidate without one.

    Raises:
        ElcError: an unknown environment, one without a version of the plant, or a deployed folder that was altered.
    """
    if environment in ("", CANDIDATE):
        return Used(project.model(plant), "", "", "", "")
    if environment not in environments:
        nearest = build_nearest(environment, environments)
        raise ElcError(f"environment {environment!r} is not in params.yaml; {nearest}")
    if record := read_deployed(project, environment, plant):
        folder = find_folder(project.deployed(environment, plant))
        return Used(folder, environment, record.version, record.sha256, f"{record.tag} {record.oid}")
    raise ElcError(
        f"plant {plant}: nothing is deployed in {environment}, expected a version in "
        f"{project.deployed(environment, plant)}. Run `elc promote {plant} <version> --env {environment}`, or "
        f"`elc deploy --env {environment}` where one is assigned."
    )


def remove_deployed(project: Project, environment: str, plant: str) -> None:
    """Remove what is deployed for a plant in an environment, if anything; a run killed here leaves it whole or gone."""
    folder = project.deployed(environment, plant)
    if not folder.parent.is_dir():
        return
    with hold_lock(_build_lock(folder)):
        _clear_way(folder)
        former, gone = _build_former(folder), folder.with_name(f".{folder.name}.gone")
        shutil.rmtree(gone, ignore_errors=True)
        if folder.is_dir():
            shutil.rmtree(former, ignore_errors=True)
            folder.rename(gone)
        elif former.is_dir():
            former.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _clear_way(folder: Path) -> None:
    """Remove what is not a folder where one belongs: a pipe, for which `rmtree` would wait, or a link to a folder."""
    for place in (folder, *(folder.with_name(f".{folder.name}.{name}") for name in ("new", "old", "gone"))):
        if not place.is_dir() or (place != folder and place.is_symlink()):
            place.unlink(missing_ok=True)


def _build_lock(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")
