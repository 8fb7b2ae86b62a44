"""What the service kept of its requests, and what it lost: the files that it writes and monitoring reads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from elc.paths import Project, append_line

KIND, VERSION = "kind", "version"  # columns beside the time and those of the request
LOST, BROKEN = "lost", "broken"


@dataclass(frozen=True)
class Loss:
    """Requests of a plant that monitoring does not see.

    `kind` is `lost`, for rows that could not be written, or `broken`, for a file that cannot be read and was set aside;
    its `rows` are 0, as nobody can count them. `start` and `end` are UTC; as long as a loss is not over, `end` is the
    last time that something was lost as far as it was told. Of lines with one `name` the last holds.
    """

    name: str
    kind: str
    plant: str
    start: datetime
    end: datetime
    rows: int
    is_over: bool
    sentence: str


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
    record = asdict(loss) | {"start": loss.start.isoformat(), "end": loss.end.isoformat()}
    append_line(find_losses(project), record, mode=0o644)


def read_losses(project: Project, plant: str) -> Losses:
    """Read what was lost of a plant; nothing where there is no file."""
    path = find_losses(project)
    if not path.is_file():
        return Losses((), 0)
    found: dict[str, Loss] = {}
    unread = 0
    for line in filter(None, path.read_text(encoding="utf-8", errors="replace").splitlines()):
        try:
            loss = _read_loss(json.loads(line))
        except (ValueError, KeyError, TypeError):
            unread += 1
            continue
        if loss.plant == plant:
            found[loss.name] = loss
    return Losses(tuple(sorted(found.values(), key=lambda loss: (loss.start, loss.name))), unread)


def _read_loss(content: dict[str, object]) -> Loss:
    start, end = (_read_moment(content[name]) for name in ("start", "end"))
    name, kind, plant, sentence = (str(content[key]) for key in ("name", "kind", "plant", "sentence"))
    return Loss(name, kind, plant, start, end, int(str(content["rows"])), content["is_over"] is True, sentence)


def _read_moment(text: object) -> datetime:
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment
