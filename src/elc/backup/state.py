"""Which files are this machine's state, and how they are held still."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path, PurePosixPath

from elc.files import hold_lock
from elc.hourly.lock import hold_operation
from elc.hourly.own import find_own
from elc.paths import Project

_SEEN = ".seen"  # of a hidden file: the registry's tags that counted here
_CACHE = "operation/*/data/cache"


def find_places(project: Project) -> tuple[Path, ...]:
    """Find the folders of the state: what this machine alone has, and the versions that it judges by."""
    return (project.root / "deployed", *find_own(project))


def is_kept(name: str) -> bool:
    """Tell whether a file or folder is state by its name, and not a lock or what somebody is writing."""
    return not name.endswith(".lock") and (not name.startswith(".") or name.endswith(_SEEN))


def find_files(project: Project) -> dict[str, Path]:
    """Find the files of the state by their paths below the project; caches are left out."""
    found: dict[str, Path] = {}
    for place in find_places(project):
        for folder, folders, names in os.walk(place, followlinks=True):
            below = Path(folder).relative_to(project.root)
            folders[:] = sorted(name for name in folders if is_kept(name) and not (below / name).match(_CACHE))
            found |= {(below / name).as_posix(): Path(folder) / name for name in sorted(filter(is_kept, names))}
    return found


def is_state(project: Project, name: str) -> bool:
    """Tell whether a path below the project could be one that `find_files` finds."""
    path = PurePosixPath(name)
    places = [PurePosixPath(place.relative_to(project.root).as_posix()) for place in find_places(project)]
    is_inside = any(path.is_relative_to(place) and path != place for place in places)
    return is_inside and path.as_posix() == name and all(map(is_kept, path.parts))


@contextmanager
def hold_state(project: Project, *, wait_s: float) -> Iterator[None]:
    """Hold the hourly run of every environment, and with it `elc listen`'s merging, and the service's folding.

    Raises:
        ElcError: an hourly run is not done after `wait_s`.
    """
    parts = project.capture_parts("")
    folding = hold_lock(parts / ".lock") if parts.is_dir() else nullcontext()
    with hold_operation(project, wait_s=wait_s), folding:
        yield
