"""What of a project is this machine's alone: neither Git nor DVC could restore it."""

from __future__ import annotations

from pathlib import Path

from elc.errors import ElcError
from elc.paths import Project

_NAMES = ("operation", "data/live", "data/listen", "data/capture", "data/service")


def find_own(project: Project) -> tuple[Path, ...]:
    """Find the folders of what this machine alone has; some may be missing."""
    return tuple(project.root / name for name in _NAMES)


def find_mark(project: Project) -> Path:
    """Find the file that is there while `elc restore` puts state in its place; it stays where that was killed."""
    return project.root / "operation" / ".restoring"


def check_restored(project: Project, *, where: str) -> None:
    """Check that no `elc restore` was interrupted.

    Raises:
        ElcError: one was.
    """
    if find_mark(project).exists():
        raise ElcError(
            f"{where}: elc restore was interrupted, and the state is not whole. Run elc restore again first."
        )
