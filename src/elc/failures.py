"""What failed, as a file beside the receipts: the pages of a plant say it until the stage succeeds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from elc.errors import ElcError
from elc.paths import Project, replace_file


@dataclass(frozen=True)
class Failure:
    """A stage of a plant that failed, the sentence that says why, and since when (ISO 8601 in UTC, or empty)."""

    plant: str
    stage: str
    sentence: str
    since: str = ""


# Stages without which nothing is known of the present hour.
OF_HOUR = ("ingest", "monitor", "version")


class CellError(ElcError):
    """A cell of a notebook failed; `sentence` is what it said itself."""

    def __init__(self, message: str, sentence: str) -> None:
        super().__init__(message)
        self.sentence = sentence


def write_failure(project: Project, stage: str, plant: str, error: ElcError) -> None:
    """Write that a stage failed; paths under the project are written as relative ones.

    Where it failed before and has not succeeded since, it has failed since then.
    """
    sentence = error.sentence if isinstance(error, CellError) else str(error)
    former = read_failures(project, plant, [stage])
    since = former[0].since if former else ""
    since = since or datetime.now(UTC).isoformat(timespec="minutes")
    record = Failure(plant, stage, sentence.replace(f"{project.root}/", ""), since)
    with replace_file(_build_path(project, stage, plant)) as temporary:
        temporary.write_text(json.dumps(asdict(record), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def remove_failures(project: Project, plant: str, stages: Iterable[str]) -> None:
    """Remove what is written about the failure of some stages of a plant."""
    for stage in stages:
        _build_path(project, stage, plant).unlink(missing_ok=True)


def read_failures(project: Project, plant: str, stages: Iterable[str]) -> list[Failure]:
    """Read which of some stages of a plant failed, in their order; a file that is not whole says nothing."""
    found = []
    for stage in stages:
        try:
            content = json.loads(_build_path(project, stage, plant).read_text(encoding="utf-8"))
            found.append(Failure(plant, stage, str(content["sentence"]), str(content.get("since") or "")))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def _build_path(project: Project, stage: str, plant: str) -> Path:
    return project.receipts / plant / f"{stage}.failed.json"
