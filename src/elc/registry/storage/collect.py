"""Remove what DVC keeps and no version, branch or workspace needs: from the cache, or from a remote as well."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from elc.errors import ElcError
from elc.registry.storage.cache import find_faults
from elc.registry.storage.remote import open_repo


def collect_garbage(root: Path, *, remote: str | None, is_dry: bool) -> list[str]:
    """Remove what nothing needs from the cache, and from a remote where one is named; return what DVC removed.

    The cache keeps what the workspace, every branch and every tag of this clone name. A remote is shared, so it keeps
    what any commit names that is known here. With `is_dry`, DVC counts and nothing is removed.

    Raises:
        ElcError: DVC cannot tell what a commit needs, or the remote cannot be reached.
    """
    from dvc.exceptions import DvcException

    with open_repo(root) as repo, _listen() as said:
        try:
            repo.gc(
                workspace=True,
                all_branches=True,
                all_tags=True,
                all_commits=remote is not None,
                cloud=remote is not None,
                remote=remote,
                force=True,
                dry=is_dry,
            )
        except DvcException as error:
            raise ElcError(f"{root}: nothing was removed, because DVC cannot tell what is needed: {error}.") from None
    return said


def find_whole(root: Path, packages: set[str]) -> set[str]:
    """Find the packages ("<md5>.dir") that are whole in the cache."""
    with open_repo(root) as repo:
        cache = Path(repo.cache.local.path)
    return {package for package in packages if not find_faults(cache, package)}


@contextmanager
def _listen() -> Iterator[list[str]]:
    """Listen to what DVC's collector says it removed; its other words, as of stages that never ran, are kept quiet."""
    said: list[str] = []
    collector, whole, handler = logging.getLogger("dvc.repo.gc"), logging.getLogger("dvc"), _Listener(said)
    level, propagate = collector.level, whole.propagate
    collector.addHandler(handler)
    collector.setLevel(logging.INFO)
    handlers, whole.handlers, whole.propagate = whole.handlers, [logging.NullHandler()], False
    try:
        yield said
    finally:
        collector.removeHandler(handler)
        collector.setLevel(level)
        whole.handlers, whole.propagate = handlers, propagate


class _Listener(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.INFO)
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message.startswith("Removed"):
            self.said.append(message)
