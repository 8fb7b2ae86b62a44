"""What failed: a record of each stage of a plant that did not succeed when it last ran."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from elc.failures import find_failures, read_failure
from elc.pages.language import escape, format_time, say
from elc.paths import Project
from elc.records import RecordError
from elc.records.failure import Failure
from elc.registry import find_place


def read_failures(project: Project, plants: Iterable[str], faults: list[str]) -> list[Failure]:
    """Read the failure records of the plants, and add to the faults each that cannot be read."""
    found = []
    for plant in plants:
        for path in find_failures(find_place(project, plant), plant):
            try:
                failure = read_failure(path, root=project.root)
            except RecordError as error:
                faults.append(str(error))
            else:
                found.append(failure.model_copy(update={"sentence": " ".join(failure.sentence.split())}))
    return found


def build_banner(failures: Sequence[Failure], stage: str) -> str:
    """Build the callout at the top of a plant's page of a stage (Markdown); empty where nothing failed."""
    if not failures:
        return ""
    title = say("A part of the last run failed")
    if any(failure.stage in ("ingest", "version", stage) for failure in failures):
        title = say("The last run failed; this page is of an earlier one")
    return f'::: {{.callout-important title="{title}"}}\n{build_points(failures)}\n:::'


def build_points(failures: Sequence[Failure]) -> str:
    """Build a point for each failure: its stage and how it failed."""
    reason = say("no reason was recorded.")
    return "\n".join(
        f"- **{escape(failure.stage)}:** {escape(failure.sentence) or reason}{build_since(failure)}"
        for failure in failures
    )


def build_since(failure: Failure) -> str:
    """Build since when something fails, to follow its sentence; empty where nobody knows."""
    try:
        since = datetime.fromisoformat(failure.since)
    except ValueError:
        return ""
    return f" [{say('Since {time}.', time=escape(format_time(since)))}]{{.small}}"
