"""Git without anything of the environment that could change what it finds in a repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from elc.errors import ElcError


def run_alone(root: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run Git in a folder without the caller's `GIT_` variables, without replaced objects and in UTC.

    The result is not checked. Dates of keys have no zone of their own, so UTC makes them mean the same everywhere.

    Raises:
        ElcError: Git is missing.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"LC_ALL": "C", "TZ": "UTC", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0"}
    try:
        return subprocess.run(
            ["git", *arguments], cwd=root, input=stdin, capture_output=True, env=environment, check=False
        )
    except FileNotFoundError:
        raise ElcError("git was not found on the PATH. Install it: the registry is kept in Git.") from None
