"""A lock keeps others out for as long as it is held, by a process that started it or a child that got the file."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.files import hold_lock, is_locked, try_lock


def test_one_holds_and_the_others_are_told(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "lock"
    with hold_lock(path), path.open("a") as other:
        assert is_locked(other)
        start = time.monotonic()
        assert not try_lock(other, wait_s=0.2)
        assert time.monotonic() - start >= 0.2
    with path.open("a") as other:
        assert not is_locked(other)
        assert try_lock(other, wait_s=0)
        with path.open("rb") as third:
            assert is_locked(third)


def test_those_who_only_ask_do_not_keep_each_other_out(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    with path.open("rb") as first, path.open("rb") as second:
        assert not is_locked(first)
        assert not is_locked(second)
        assert try_lock(second, wait_s=0)


def test_who_waits_goes_on_when_the_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    script = "import sys, time\nfrom pathlib import Path\nfrom elc.files import hold_lock\n"
    script += "with hold_lock(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with path.open("a") as file:
            assert not try_lock(file, wait_s=0)
        holder.kill()
    with hold_lock(path):
        pass


def test_child_that_got_the_file_holds_it_on(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("a") as file:
        assert try_lock(file, wait_s=0)
        child = subprocess.Popen(["sleep", "60"], pass_fds=[file.fileno()])
    try:
        with path.open("a") as other:
            assert not try_lock(other, wait_s=0)
            child.kill()
            child.wait()
            assert try_lock(other, wait_s=0)
    finally:
        child.kill()
        child.wait()


def test_what_is_no_plain_file_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(ElcError, match=r"lock: cannot be locked \(.+\)\. Remove it, or check the folder's rights\."):
        hold_lock(tmp_path / "lock").__enter__()
