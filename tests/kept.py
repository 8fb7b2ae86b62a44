"""What the stages of the tests' demo project made, kept from run to run: DVC then runs only what is stale.

It lies in build/test-cache under the hash of the settings, beside none other; `make clean` removes it.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "build" / "test-cache"
SETTINGS = ("dvc.yaml", "params.yaml")  # another plant or stage begins anew; what else there is, DVC compares


def restore(root: Path, folder: Path = FOLDER) -> None:
    """Put what was made with these settings into a project of which nothing has run."""
    with _lock(folder):
        if (kept := folder / _build_key(root)).is_dir():
            shutil.copytree(kept, root, dirs_exist_ok=True)


def keep(root: Path, folder: Path = FOLDER) -> None:
    """Keep what the stages of a project made since its last commit, in place of all that is kept."""
    with _lock(folder):
        new = folder / ".new"
        for path in (path for path in folder.iterdir() if path.is_dir()):
            shutil.rmtree(path)
        for name in _list_made(root):
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, new / name)
        new.rename(folder / _build_key(root))


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold a folder alone; the system lets go of it where the process is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build_key(root: Path) -> str:
    return hashlib.sha256(b"\0".join((root / name).read_bytes() for name in SETTINGS)).hexdigest()


def _list_made(root: Path) -> list[str]:
    """List the files that are not in Git, ignored ones too, and those that are no longer as committed."""
    listings = (["ls-files", "--others", "-z"], ["diff", "--name-only", "--diff-filter=d", "-z"])
    found = [
        name
        for listing in listings
        for name in subprocess.run(
            ["git", *listing], cwd=root, check=True, capture_output=True, text=True
        ).stdout.split("\0")
    ]
    return [name for name in found if name and not name.startswith(".dvc/tmp/")]
