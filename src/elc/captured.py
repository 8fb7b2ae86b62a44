"""What the service kept of its requests, and what it lost: the files that it writes and monitoring reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from elc.paths import Project
from elc.records import append_record, read_lines
from elc.records.loss import Loss

KIND, VERSION = "kind", "version"  # columns beside the time and those of the request
LOST: Final = "lost"
BROKEN: Final = "broken"


@dataclass(frozen=True)
class Losses:
    """The losses of a plant in the order of their start, and how many lines of the file could not be read."""

    found: tuple[Loss, ...]
    unread: int


def find_days(project: Project, plant: str) -> dict[date, Path]:
    """Find the files of a plant that are kept, by their UTC day, in order; what is named otherwise is none of them."""
    found = {}
    for path in sorted(project.capture(plant).glob("*.parquet")):
        try:
            found[date.fromisoformat(path.stem)] = path
        except ValueError:
            continue
    return found


def find_losses(project: Project) -> Path:
    """The file of losses of all plants."""
    return project.capture("") / "outages.jsonl"


def write_loss(project: Project, loss: Loss) -> None:
    """Add a line about a loss; it stands in place of an earlier one with the same name.

    Raises:
        OSError: it cannot be written; the file is as it was.
    """
    append_record(find_losses(project), loss)


def read_losses(project: Project, plant: str) -> Losses:
    """Read what was lost of a plant; nothing where there is no file."""
    path = find_losses(project)
    if not path.is_file():
        return Losses((), 0)
    found: dict[str, Loss] = {}
    unread = 0
    for loss in read_lines(path.read_text(encoding="utf-8", errors="replace").splitlines(), Loss):
        if loss is None:
            unread += 1
        elif loss.plant == plant:
            found[loss.name] = loss
    return Losses(tuple(sorted(found.values(), key=lambda loss: (loss.start, loss.name))), unread)
