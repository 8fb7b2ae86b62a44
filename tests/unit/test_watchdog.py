"""The sign of life that systemd waits for."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from elc.watchdog import BEAT_S, give_sign
from tests.conftest import ROOT


@pytest.mark.parametrize("is_abstract", [False, True])
def test_the_sign_reaches_who_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_abstract: bool) -> None:
    name = f"@elc{tmp_path}"[:90] if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(name.replace("@", "\0", 1) if is_abstract else name)
        receiver.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        give_sign()
        assert receiver.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize("name", ["", "/nowhere/at/all", "vsock:2:1", "@"])
def test_where_nobody_waits_nothing_fails_and_the_next_sign_arrives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    give_sign()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        give_sign()
        assert receiver.recv(100) == b"WATCHDOG=1"
        receiver.setblocking(False)
        with pytest.raises(BlockingIOError):
            receiver.recv(100)


@pytest.mark.parametrize("unit", ["elc-serve.service", "elc-listen.service"])
def test_the_units_wait_for_several_signs(unit: str) -> None:
    lines = dict(line.partition("=")[::2] for line in (ROOT / "ops" / unit).read_text().splitlines())
    assert float(lines["WatchdogSec"]) >= 10 * BEAT_S
    assert (lines["Restart"], lines["NotifyAccess"]) == ("on-failure", "all")


@pytest.mark.parametrize("work", ["number = 9; number ** number ** number ** number", "import time; time.sleep(60)"])
def test_what_hangs_ends_and_says_where(work: str) -> None:
    code = f"from elc import watchdog\nwatchdog.HUNG_S = 0.5\nwatchdog.end_if_hung()\n{work}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50)
    assert done.returncode == 1
    assert 'File "<string>", line 4' in done.stderr


def test_what_goes_on_does_not_end() -> None:
    code = (
        "import faulthandler, time\nfrom elc import watchdog\nwatchdog.HUNG_S = 2.0\n"
        "for _ in range(8):\n    watchdog.end_if_hung()\n    time.sleep(0.5)\n"
        "faulthandler.cancel_dump_traceback_later()"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=50).returncode == 0
