"""What keeps Git from writing a tag of the registry: locks that a killed Git left, and tags below the name."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from elc.errors import ElcError
from elc.registry.context import Context
from elc.registry.git import find_blocked, list_names, run_git, try_git
from elc.registry.names import read_name
from elc.registry.trust import Problem


def find_lock_problems(context: Context) -> Iterator[Problem]:
    """Find the locks of the registry's tags, in this clone and on a remote that is a folder."""
    for store in _find_stores(context):
        for path in sorted((store / "refs" / "tags").glob("*.lock")):
            tag = path.name.removesuffix(".lock")
            name = read_name(tag)
            if name is not None:
                sentence = f"{path}: Git holds the lock of tag {tag}: it was killed, or is still writing."
                yield Problem("left-over", name.plant, tag, sentence, f"rm -f {shlex.quote(str(path))}")


def find_name_problems(context: Context) -> Iterator[Problem]:
    """Find the tags that lie below a name of the registry, as a file does in a folder: it cannot be a tag next to
    them."""
    for tag in sorted(list_names(context.project.root)):
        if read_name(tag) is None:
            for blocked in sorted(find_blocked([tag])):
                name = read_name(blocked)
                if name is not None:
                    sentence = (
                        f"tag {tag} does not belong to the registry and lies below the name {blocked}, which no tag "
                        "can have while it exists. Delete it if nobody needs it, on the remote too."
                    )
                    yield Problem("name", name.plant, tag, sentence, "")


def _find_stores(context: Context) -> Iterator[Path]:
    root, remote = context.project.root, None
    yield root / run_git(root, "rev-parse", "--git-common-dir").strip()
    with suppress(ElcError):  # which remote it is, the comparison with it asks
        remote = context.remote
    if remote is not None:
        folder = Path(try_git(root, "remote", "get-url", remote).stdout.strip().removeprefix("file://"))
        for store in (root / folder, root / folder / ".git"):
            if (store / "refs").is_dir():
                yield store
