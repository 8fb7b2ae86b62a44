"""What failed, as a file beside the receipts: the pages of a plant say it until the stage succeeds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from elc.errors import ElcError
from elc.paths import Project, replace_file


@dataclass(frozen=True)
class Failure:
    """A stage of a plant that failed, and the sentence that says why."""

    stage: str
    plant: str
    sentence: str


class CellError(ElcError):
    """A cell of a notebook failed; `sentence` is what it said itself."""

    def __init__(self, message: str, sentence: str) -> None:
        super().__init__(message)
        self.sentence = sentence


def write_failure(project: Project, stage: str, plant: str, error: ElcError) -> None:
    """Write that a stage failed; paths under the project are written as relative ones."""
    sentence = error.sentence if isinstance(error, CellError) else str(error)
    record = Failure(stage, plant, sentence.replace(f"{project.root}/", ""))
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
            found.append(Failure(stage, plant, str(content["sentence"])))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def _build_path(project: Project, stage: str, plant: str) -> Path:
    return project.receipts / plant / f"{stage}.failed.json"
