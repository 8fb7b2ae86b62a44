"""A command that a worker takes ends as it would alone; worker and commands end with whoever opened it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from elc.cli import worker
from elc.cli.handover import SOCKET, TAKEN, hand_over
from elc.errors import ElcError
from tests.conftest import ROOT

ELC = str(Path(sys.executable).with_name("elc"))


def is_alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for_end(*numbers: int) -> None:
    for _ in range(100):
        if not any(map(is_alive, numbers)):
            return
        time.sleep(0.1)
    raise AssertionError(f"still alive: {[number for number in numbers if is_alive(number)]}")


def test_command_ends_as_it_would_alone(tmp_path: Path) -> None:
    words = [ELC, "run", "montior", "fjord"]
    alone = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    with worker.open_worker() as variables:
        path = Path(variables[SOCKET])
        assert path.parent.stat().st_mode & 0o077 == 0
        taken = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env={**os.environ, **variables})
        lost = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, **variables})
        late = subprocess.run([*words, "--help"], capture_output=True, text=True, env={**os.environ, **variables})
    assert (alone.returncode, alone.stdout) == (1, "")
    assert alone.stderr == "elc: stage montior is unknown: did you mean monitor?\n"
    assert (taken.returncode, taken.stdout, taken.stderr) == (alone.returncode, alone.stdout, alone.stderr)
    assert f"{tmp_path}: no project here or above it" in lost.stderr
    assert (late.returncode, late.stdout[:6]) == (0, "Usage:")
    assert not path.exists()


def test_worker_ends_when_its_opener_is_killed() -> None:
    script = (
        "import os, sys, time; from elc.cli import worker\n"
        "with worker.open_worker() as variables:\n"
        "    print(variables['ELC_WORKER'], flush=True)\n"
        "    time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as opener:
        assert opener.stdout is not None
        opener.stdout.readline()
        children = Path(f"/proc/{opener.pid}/task/{opener.pid}/children").read_text().split()
        assert len(children) == 1
        opener.kill()
    wait_for_end(int(children[0]))


def test_no_worker_or_a_dead_one_leaves_the_command_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SOCKET, raising=False)
    assert hand_over(["run", "monitor", "fjord"]) is None
    monkeypatch.setenv(SOCKET, str(tmp_path / "nothing"))
    assert hand_over(["run", "monitor", "fjord"]) is None
    assert hand_over(["models"]) is None
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "worker"))
    monkeypatch.setenv(SOCKET, str(tmp_path / "worker"))
    assert hand_over(["run", "monitor", "fjord"]) is None


@pytest.mark.parametrize(
    ("answer", "wanted"), [(b"", None), (TAKEN + b"0", 0), (TAKEN + b"3", 3), (TAKEN + b"-9", 128 + signal.SIGKILL)]
)
def test_answer_is_the_exit_code(answer: bytes, wanted: int | None, tmp_path: Path) -> None:
    assert ask(tmp_path, answer) == wanted


def test_worker_that_ends_too_early_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        ElcError, match=r"^elc run monitor fjord: the worker ended before it was done\. Run it again\.$"
    ):
        ask(tmp_path, TAKEN)


def ask(folder: Path, answer: bytes) -> int | None:
    """Hand a command over to a worker that only says `answer`."""
    with socket.socket(socket.AF_UNIX) as listening, pytest.MonkeyPatch.context() as patch:
        listening.bind(str(folder / "worker"))
        listening.listen()
        patch.setenv(SOCKET, str(folder / "worker"))
        speaker = threading.Thread(target=speak, args=(listening, answer))
        speaker.start()
        try:
            return hand_over(["run", "monitor", "fjord"])
        finally:
            speaker.join()


def speak(listening: socket.socket, answer: bytes) -> None:
    connection, _ = listening.accept()
    with connection:
        while not connection.recv(1 << 16).endswith(b"\n"):
            pass
        connection.sendall(answer)
