"""The plants' packages under `artifacts` in dvc.yaml: by it DVC, GTO and their like find a version by its plant's name.

DVC has no loop for artifacts, so each plant has an entry of its own; the rest of the text stays.
"""

from __future__ import annotations

import re

from ruamel.yaml import YAML

from elc.errors import ElcError
from elc.paths import Project
from elc.plants.entry import read_lines, says, write_text

_ABOUT = "\n# By these names DVC, GTO and their like find the packages of versions. elc plant add writes an entry.\n"
_SECTION = "artifacts:"


def add_artifact(project: Project, plant: str) -> None:
    """Add a plant's package to the artifacts of dvc.yaml; one that is there stays.

    Raises:
        ElcError: the section is written in a form that no entry can be added to.
    """
    lines = read_lines(project.pipeline)
    content = YAML(typ="safe").load("".join(lines)) or {}
    artifacts = content.get("artifacts") or {}
    if plant in artifacts:
        return
    entry = {"path": f"models/{plant}", "type": "model"}
    content["artifacts"] = {**artifacts, plant: entry}
    added = [f"  {plant}:\n", *(f"    {key}: {value}\n" for key, value in entry.items())]
    start = _find_section(lines)
    if start is None:
        text = "".join([*lines, _ABOUT, f"{_SECTION}\n", *added])
    else:
        end = _find_end(lines, start)
        text = "".join([*lines[:end], *added, *lines[end:]])
    _write(project, text, content)


def cut_artifact(project: Project, plant: str) -> None:
    """Cut a plant's package out of the artifacts of dvc.yaml, and the section with its last one.

    Raises:
        ElcError: it is written in a form that it cannot be cut out of.
    """
    lines = read_lines(project.pipeline)
    content = YAML(typ="safe").load("".join(lines)) or {}
    if plant not in (content.get("artifacts") or {}):
        return
    del content["artifacts"][plant]
    section = _find_section(lines)
    inside = range(0 if section is None else section + 1, 0 if section is None else _find_end(lines, section))
    start = next((number for number in inside if lines[number].rstrip() == f"  {plant}:"), len(lines))
    end = next((number for number in inside if number > start and not lines[number].startswith("    ")), inside.stop)
    text = "".join([*lines[:start], *lines[end:]])
    if not content["artifacts"]:
        del content["artifacts"]
        text = text.replace(f"{_SECTION}\n", "").replace(_ABOUT, "")
    _write(project, text, content)


def _find_section(lines: list[str]) -> int | None:
    return next((number for number, line in enumerate(lines) if line.rstrip() == _SECTION), None)


def _find_end(lines: list[str], start: int) -> int:
    """Find where a section ends: behind its last line that is indented."""
    inside = [n for n in range(start + 1, len(lines)) if lines[n].startswith(" ")]
    after = next((n for n in range(start + 1, len(lines)) if re.match(r"\S", lines[n])), len(lines))
    return max((n + 1 for n in inside if n < after), default=start + 1)


def _write(project: Project, text: str, content: object) -> None:
    if not says(text, content):
        raise ElcError(
            "dvc.yaml: its artifacts are written in a form that cannot be changed. Write one key in each line, as in "
            "artifacts:, then fjord:, then path: models/fjord."
        )
    write_text(project.pipeline, text)
