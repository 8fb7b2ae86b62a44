"""The tags that counted when an environment was deployed here: one that is gone later was taken away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from elc.errors import ElcError
from elc.files import read_plain, replace_file
from elc.paths import Project


def find_seen(project: Project, environment: str, plant: str) -> Path:
    """Find the file that remembers a plant's tags beside its folder in an environment."""
    folder = project.deployed(environment, plant)
    return folder.with_name(f".{plant}.seen")


def read_seen(project: Project, environment: str, plant: str) -> dict[str, str]:
    """Read which tags counted, with the object of each; none where nothing was deployed yet.

    Raises:
        ElcError: the file is not what `write_seen` writes.
    """
    path = find_seen(project, environment, plant)
    try:
        content = json.loads(read_plain(path))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict) or not all(isinstance(oid, str) for oid in content.values()):
        raise ElcError(
            f"{path}: expected the tags that counted when {environment} was deployed here. Run elc audit, then remove "
            f"the file and write it again: elc deploy --env {environment}."
        )
    return content


def write_seen(project: Project, environment: str, plant: str, tags: Mapping[str, str]) -> None:
    """Remember more tags that counted, with the object of each."""
    remembered = read_seen(project, environment, plant)
    if not tags.keys() <= remembered.keys():
        path = find_seen(project, environment, plant)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(path) as temporary:
            temporary.write_text(json.dumps({**remembered, **tags}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
