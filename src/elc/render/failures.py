"""What failed: a record of each stage of a plant that did not succeed when it last ran."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from elc.language import escape, say
from elc.paths import Project
from elc.render.receipts import Failure, read_json

SUFFIX = ".failed.json"


def read_failures(project: Project, plants: Iterable[str], faults: list[str]) -> list[Failure]:
    """Read the failure records of the plants, and add to the faults each that cannot be read."""
    paths = [path for plant in plants for path in sorted((project.receipts / plant).glob(f"*{SUFFIX}"))]
    found = []
    for path in paths:
        plant, stage = path.parent.name, path.name.removesuffix(SUFFIX)
        name = f"reports/receipts/{plant}/{path.name}"
        repair = f"Run dvc repro {stage}@{plant}; remove the file where that stage is gone."
        content = read_json(path, name, repair, faults)
        if content is not None:
            sentence = " ".join(str(content.get("sentence") or "").split())
            found.append(Failure(plant, stage, sentence))
    return found


def build_banner(failures: Sequence[Failure]) -> str:
    """Build the callout at the top of a plant's pages (Markdown); empty where nothing failed."""
    if not failures:
        return ""
    title = say("The last run failed; this page is of an earlier one")
    return f'::: {{.callout-important title="{title}"}}\n{build_points(failures)}\n:::'


def build_points(failures: Sequence[Failure]) -> str:
    """Build a point for each failure: its stage and how it failed."""
    reason = say("no reason was recorded.")
    return "\n".join(f"- **{escape(failure.stage)}:** {escape(failure.sentence) or reason}" for failure in failures)
