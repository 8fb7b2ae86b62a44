"""A real Mosquitto on a free port of 127.0.0.1, a project that listens to it, and what stands in its files."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from elc.paths import Project

ROOT = Path(__file__).resolve().parents[3]
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
REASON = "mosquitto is not installed"
OPEN = "allow_anonymous true"
CONFIG = """listener {port} 127.0.0.1
{access}
persistence true
persistence_location {folder}/
max_queued_messages 0
max_inflight_messages 0
queue_qos0_messages true
user {user}
"""
WAIT_S = 30


def find_port() -> int:
    """Find a free port of 127.0.0.1."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


def wait_for(is_there: Callable[[], object], *, what: str, seconds: float = WAIT_S) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it is not so in time.
    """
    end = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.05)


class Broker:
    """Mosquitto with persistence; `stop` and `start` keep port and sessions. `access` says who may connect, and how."""

    def __init__(self, folder: Path, *, access: str = OPEN) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = find_port()
        self._config = folder / "mosquitto.conf"
        user = "root" if os.geteuid() == 0 else ""
        content = CONFIG.format(port=self.port, access=access, folder=folder, user=user)
        self._config.write_text(content if user else content.replace("user \n", ""))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert MOSQUITTO is not None
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(self._is_open, what="the broker")

    def _is_open(self) -> bool:
        with socket.socket() as made:
            return made.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """End it by SIGTERM, as systemd does."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(WAIT_S)
            self._process = None


def make_project(folder: Path, **listen: Any) -> Project:
    """Make a project with the repository's settings and the plant fjord, that listens as told."""
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    content["listen"] |= {"flush_s": 0.2, **listen}
    content["plants"] = {"fjord": content["plants"]["fjord"]}
    content["simulate"]["plants"] = {}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    (folder / "dvc.yaml").write_text("stages: {}\n")
    project = Project(folder)
    project.tags("fjord").parent.mkdir(parents=True)
    shutil.copyfile(Project(ROOT).tags("fjord"), project.tags("fjord"))
    return project


class Listeners:
    """Processes of `elc listen`; their logs go to listen.log of the project."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[str]] = []

    def start(self, project: Project, *, connections: int = 1, before: str = "", **env: str) -> subprocess.Popen[str]:
        """Start one with `env`, after some lines of code, and wait until the log tells of so many connections."""
        command = [sys.executable, "-c", f"{before}\nfrom elc.cli import main; main()", "listen"]
        with (project.root / "listen.log").open("a") as log:
            process = subprocess.Popen(command, cwd=project.root, stderr=log, text=True, env={**os.environ, **env})
        self._started.append(process)
        if connections:
            wait_for(
                lambda: read_log(project).count('"connected"') >= connections or process.poll() is not None,
                what="the connection",
            )
        return process

    def end_all(self) -> None:
        """Kill those that are still running."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.wait()


def read_log(project: Project) -> str:
    """Read what the listener wrote so far."""
    path = project.root / "listen.log"
    return path.read_text() if path.exists() else ""


def read_files(project: Project, plant: str = "fjord") -> pa.Table:
    """Read all live readings of a plant."""
    paths = sorted(project.live(plant).rglob("*.parquet"))
    tables = [pq.read_table(path, partitioning=None).replace_schema_metadata(None) for path in paths]
    return pa.concat_tables(tables) if tables else pa.table({"time": [], "tag": [], "value": [], "quality": []})


def list_readings(project: Project) -> list[tuple[str, int, float | None, str]]:
    """List all live readings of fjord: tag, time in microseconds, value, quality."""
    table = read_files(project)
    times = table["time"].cast(pa.int64()).to_pylist()
    return sorted(
        zip(table["tag"].to_pylist(), times, table["value"].to_pylist(), table["quality"].to_pylist(), strict=True),
        key=repr,
    )
