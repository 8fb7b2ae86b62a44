"""What failed, as a file beside the receipts: the pages of a plant say it until the stage succeeds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from elc.errors import ElcError
from elc.paths import Project
from elc.records import RecordError, read_record, write_record
from elc.records.failure import Failure

SUFFIX = ".failed.json"
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
    sentence = sentence.encode("utf-8", "replace").decode()  # a file's name in it may not be text
    former = read_failures(project, plant, [stage])
    since = former[0].since if former else ""
    since = since or datetime.now(UTC).isoformat(timespec="minutes")
    sentence = sentence.replace(f"{project.root}/", "")
    write_record(_build_path(project, stage, plant), Failure(plant=plant, stage=stage, sentence=sentence, since=since))


def remove_failures(project: Project, plant: str, stages: Iterable[str]) -> None:
    """Remove what is written about the failure of some stages of a plant."""
    for stage in stages:
        _build_path(project, stage, plant).unlink(missing_ok=True)


def find_failures(project: Project, plant: str) -> list[Path]:
    """Find the records of the stages of a plant that failed."""
    return sorted((project.receipts / plant).glob(f"*{SUFFIX}"))


def read_failure(path: Path, *, root: Path | None = None) -> Failure:
    """Read the record of a stage that failed; an error names it as it lies below `root`.

    Raises:
        RecordError: there is none, or it cannot be read.
    """
    plant, stage = path.parent.name, path.name.removesuffix(SUFFIX)
    cure = f"Run elc run {stage} {plant}; remove the file if that stage no longer exists."
    return read_record(path, Failure, cure=cure, root=root)


def read_failures(project: Project, plant: str, stages: Iterable[str]) -> list[Failure]:
    """Read which of some stages of a plant failed, in their order; a file that is not whole says nothing."""
    found = []
    for stage in stages:
        try:
            found.append(read_failure(_build_path(project, stage, plant)))
        except RecordError:
            continue
    return found


def _build_path(project: Project, stage: str, plant: str) -> Path:
    return project.receipts / plant / f"{stage}{SUFFIX}"
