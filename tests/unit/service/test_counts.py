"""The counts of several workers lie where a full disk cannot take their pages away."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from elc.service import counts
from elc.service.measures import SHARED

LOG = logging.getLogger("elc.service.test")


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of memory, which here is a folder, and the variable as it was before afterwards."""
    monkeypatch.setenv(SHARED, "")
    monkeypatch.setattr(counts, "MEMORY", tmp_path)
    return tmp_path


def test_pages_are_taken_and_the_folder_goes_at_the_end(memory: Path) -> None:
    with counts.share_counts(workers=2):
        folder = Path(os.environ[SHARED])
        assert folder.parent == memory
        counts.take_pages(LOG)
        taken = {path.name: path.stat().st_blocks * 512 for path in folder.iterdir()}
    assert taken.keys() == {f"{kind}_{os.getpid()}.db" for kind in counts.KINDS}
    assert min(taken.values()) >= counts.TAKEN_BYTES
    assert not folder.exists()


def test_one_worker_keeps_its_counts_to_itself(memory: Path) -> None:
    with counts.share_counts(workers=1):
        assert os.environ[SHARED] == ""
        counts.take_pages(LOG)
    assert list(memory.iterdir()) == []


@pytest.mark.usefixtures("memory")
def test_counts_of_a_dead_worker_stay_and_its_gauge_goes() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with counts.share_counts(workers=2):
        folder = Path(os.environ[SHARED])
        for kind in counts.KINDS:
            (folder / f"{kind}_{ended.pid}.db").touch()
        counts.take_pages(LOG)
        left = {path.name for path in folder.glob(f"*_{ended.pid}.db")}
    assert left == {f"counter_{ended.pid}.db", f"histogram_{ended.pid}.db"}


def test_files_are_those_that_the_library_uses(memory: Path) -> None:
    script = "from elc.service.measures import Measures; one = Measures(); one.set_ready(1); one.count_fault('audit')"
    script += "; one.count('fjord', 'predict', 'answered', version='v1', seconds=0.1)"
    subprocess.run([sys.executable, "-c", script], env={**os.environ, SHARED: str(memory)}, check=True)
    assert {path.name.rpartition("_")[0] for path in memory.iterdir()} == set(counts.KINDS)


def test_no_room_is_said(memory: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(*_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with counts.share_counts(workers=2):
        counts.take_pages(LOG)
    assert f"Counts cannot be written: No space left on device. Make room in {memory}" in caplog.text
