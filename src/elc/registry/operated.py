"""Which environment this place operates: its stages read what is deployed there."""

from __future__ import annotations

import json

from elc.errors import ElcError
from elc.paths import Project, replace_file


def write_operated(project: Project, environment: str) -> None:
    """Write which environment is operated here from now on; an empty one is the highest that has a version."""
    path = project.operated
    if not environment:
        path.unlink(missing_ok=True)
    elif not path.is_file() or path.read_text(encoding="utf-8") != _build_text(environment):
        with replace_file(path) as temporary:
            temporary.write_text(_build_text(environment), encoding="utf-8")


def read_operated(project: Project) -> str:
    """Read which environment is operated here; empty where none was named.

    Raises:
        ElcError: the file is not what `write_operated` writes.
    """
    path = project.operated
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["environment"]
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, str):
        raise ElcError(f"{path}: names no environment. Write it anew: elc hourly --env <environment>.")
    return found


def _build_text(environment: str) -> str:
    return json.dumps({"environment": environment}) + "\n"
