"""One run at a time in a checkout."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from elc.errors import ElcError
from elc.files import try_lock
from elc.paths import Project


@contextlib.contextmanager
def hold_checkout(project: Project, *, wait_s: float) -> Iterator[None]:
    """Keep two runs in one checkout apart; wait for another to end, at most `wait_s`.

    Raises:
        ElcError: another run has not ended, or the folder is not a DVC project.
    """
    folder = project.root / ".dvc" / "tmp"
    if not folder.parent.is_dir():
        raise ElcError(f"repro: {project.root} is not a DVC project; dvc init makes it one.")
    folder.mkdir(exist_ok=True)
    with (folder / "elc-repro.lock").open("a+", encoding="utf-8") as file:
        if not try_lock(file, wait_s=wait_s):
            raise ElcError("repro: another elc repro of this checkout has not finished. Wait until it has.")
        yield
