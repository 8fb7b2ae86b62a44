"""Git without anything of the environment that could change what it finds in a repository."""

from __future__ import annotations

import os
import subprocess
from hashlib import sha1, sha256
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


def check_blob(content: bytes, oid: str, *, name: str) -> None:
    """Check that Git gave the file that its commit names: Git itself does not look when it reads a loose object.

    Raises:
        ElcError: it is another file.
    """
    framed = b"blob %d\0" % len(content) + content
    found = (sha1(framed) if len(oid) == 40 else sha256(framed)).hexdigest()
    if found != oid:
        raise ElcError(f"{name}: its content hashes to {found}, expected {oid}: Git's store was altered.")
