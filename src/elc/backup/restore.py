"""Restore a backup: all of it is unpacked and verified beside what is there, then takes its place by renaming.

A run that is killed while it renames leaves a file that says so, and the next one goes on where it stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from elc.backup.read import unpack
from elc.backup.state import find_files, find_places, hold_state, is_kept
from elc.errors import ElcError
from elc.files import is_locked, replace_file
from elc.hourly.own import find_mark
from elc.paths import Project
from elc.records.backup import Backup

RESTORED, FORMER = ".restored", ".former"  # folders beside what is there
_OUT, _IN = "out", "in"  # what is being moved
_SHOWN = 3  # files that an error names


def restore_backup(project: Project, path: Path, *, is_forced: bool) -> Backup:
    """Replace the state of this machine by that of a backup, all of it or nothing.

    `is_forced`: although the state here is newer. Caches go, and are made again.

    Raises:
        ElcError: the file is not a complete backup, something here is newer, or an hourly run or `elc listen` is on.
    """
    with hold_state(project, wait_s=0):
        _check_listener(project)
        if find_mark(project).exists():
            _finish(project)
        try:
            backup = unpack(project, path, RESTORED)
            if not is_forced:
                _check_age(project, backup, path)
            _mark(project, _OUT)
        except BaseException:
            _remove_all(project, [RESTORED])
            raise
        _finish(project)
    return backup


def _check_listener(project: Project) -> None:
    for path in sorted(project.listen("").glob("*.lock")):
        with path.open("rb") as file:
            if is_locked(file):
                raise ElcError(f"restore: elc listen is running ({path.name} is held). Stop it first, and the service.")


def _check_age(project: Project, backup: Backup, path: Path) -> None:
    """Check that nothing here is younger than the backup; versions that were deployed can be deployed again."""
    limit, deployed = backup.made.timestamp(), project.root / "deployed"
    files = {name: file for name, file in find_files(project).items() if not file.is_relative_to(deployed)}
    newer = [name for name, file in files.items() if file.lstat().st_mtime > limit]
    if newer:
        more = f" and {len(newer) - _SHOWN} more" if len(newer) > _SHOWN else ""
        raise ElcError(
            f"{path}: is of {backup.made:%Y-%m-%d %H:%M} UTC, and {len(newer)} files here are newer: "
            f"{', '.join(newer[:_SHOWN])}{more}. To lose them, first keep them with elc backup, then add --force."
        )


def _mark(project: Project, what: str) -> None:
    with replace_file(find_mark(project)) as temporary:
        temporary.write_text(what, encoding="utf-8")


def _finish(project: Project) -> None:
    """Move out what was there, then move in what is restored; whatever is done already stays done.

    `operation` comes last: nobody operates what is not whole.
    """
    places = find_places(project)
    try:
        if find_mark(project).read_text(encoding="utf-8") == _OUT:
            for place in places:
                _move(_list_entries(place), place / FORMER)
            _mark(project, _IN)
        for place in sorted(places, key=lambda place: place.name == "operation"):
            _move(_list_entries(place / RESTORED), place)
    except OSError as error:
        raise ElcError(
            f"{error.filename}: cannot be moved ({error.strerror}). Nothing is lost: it lies there, or in {FORMER} or "
            f"{RESTORED} beside it. Let this user write there, remove what is in the way, and run elc restore again."
        ) from None
    find_mark(project).unlink()
    _remove_all(project, [FORMER, RESTORED])


def _list_entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if is_kept(path.name)) if folder.is_dir() else []


def _move(entries: Iterable[Path], folder: Path) -> None:
    for path in entries:
        folder.mkdir(parents=True, exist_ok=True)
        path.rename(folder / path.name)


def _remove_all(project: Project, names: Iterable[str]) -> None:
    for name in names:
        for place in find_places(project):
            shutil.rmtree(place / name, ignore_errors=True)
