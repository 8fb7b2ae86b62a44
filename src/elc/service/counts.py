"""Where several workers leave their counts: files that are mapped into memory, and so must never lack a page.

A page that a full disk does not give kills the worker that touches it (SIGBUS), and every one that takes its place. So
the files lie in memory where the system has a place for that, and their pages are taken before they are used.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from elc.service.measures import SHARED

MEMORY = Path("/dev/shm")
KINDS = ("counter", "histogram", "gauge_livemin")  # prometheus_client's names of the files of what we measure
TAKEN_BYTES = 1 << 18  # ASSUME: of each file; 50 plants take less, and the files grow


@contextmanager
def share_counts(*, workers: int) -> Iterator[None]:
    """Give several workers a folder for their counts until the block ends; one worker keeps them to itself."""
    if workers == 1:
        yield
        return
    place = MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else None
    with tempfile.TemporaryDirectory(prefix="elc-counts-", dir=place) as folder:
        os.environ[SHARED] = folder
        yield


def take_pages(log: logging.Logger) -> None:
    """Take the pages of this worker's counts, and forget how many plants workers had that are gone; once, at first."""
    folder = os.environ.get(SHARED)
    if not folder:
        return
    _forget_dead(Path(folder))
    if not hasattr(os, "posix_fallocate"):  # of macOS, which has no such place in memory either
        return
    for kind in KINDS:
        path = Path(folder) / f"{kind}_{os.getpid()}.db"
        with path.open("ab") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, TAKEN_BYTES)
            except OSError as error:
                log.error("Counts cannot be written: %s. Make room in %s.", error.strerror, path.parent)


def _forget_dead(folder: Path) -> None:
    """Drop the gauges of workers that are gone; what they counted stays, so that no count goes backwards."""
    for path in folder.glob("gauge_live*.db"):
        try:
            os.kill(int(path.stem.rpartition("_")[2]), 0)
        except ProcessLookupError:
            path.unlink(missing_ok=True)
