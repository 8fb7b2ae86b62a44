"""The real `elc serve` on a project, and one with a small package and a judged hour, for tests of the service."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from elc.paths import Project
from tests.unit.service.packages import write_package
from tests.unit.service.page import present

ELC = Path(sys.executable).with_name("elc")
PREDICT = "/plants/fjord/predict"
MUCH = {"requests_per_s": 1_000_000, "burst": 1_000_000}


@dataclass(frozen=True)
class Running:
    """A service: what asks it, its process, and its log so far."""

    client: httpx.Client
    process: subprocess.Popen[str]
    lines: list[str]

    @property
    def port(self) -> int:
        return int(self.client.base_url.port or 0)

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def read_count(self, name: str) -> float:
        """Read a count of /metrics, all labels together; 0 where it is not there."""
        text = self.client.get("/metrics").text
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if re.match(rf"{name}[{{ ]", line))


def make_place(folder: Path, **serve: Any) -> Project:
    """Make a project that serves plant fjord: its candidate is a small package, and it has an hour with moves."""
    project = present.make_project(folder)
    content = yaml.safe_load(project.params.read_text(encoding="utf-8"))
    section = content["serve"] | {"watch_s": 0.1} | serve
    section["limits"] = content["serve"]["limits"] | MUCH | serve.get("limits", {})
    section["capture"] = section["capture"] | {"share_frac": 1.0, "flush_s": 0.1}
    section["swap"] = section["swap"] | {"policy": "all_at_once", "bake_s": 0.1, "replay_rows": 50}
    content["serve"] = section
    project.params.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    write_package(project.model("fjord"))
    return project


@contextmanager
def serve(
    project: Project, *options: str, scheme: str = "http", verify: Any = True, env: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Serve a project on a free port, and stop it."""
    process = subprocess.Popen(
        [ELC, "serve", "--port", "0", *options],
        cwd=project.root,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )
    lines: list[str] = []
    assert process.stderr is not None
    stream = process.stderr
    reader = threading.Thread(target=lambda: lines.extend(stream))
    reader.start()
    try:
        wait(lambda: _find_port(lines) or process.poll() is not None)
        assert process.poll() is None, lines
        address = f"{scheme}://127.0.0.1:{_find_port(lines)}"
        with httpx.Client(base_url=address, trust_env=False, timeout=10, verify=verify) as client:
            wait(lambda: _is_ready(client))
            yield Running(client, process, lines)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        reader.join()
        stream.close()


def _find_port(lines: list[str]) -> int:
    found = re.search(r"running on https?://127\.0\.0\.1:(\d+)", "".join(lines))
    return int(found[1]) if found else 0


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def wait(is_so: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not become so in time"
        time.sleep(0.02)


@contextmanager
def full_disk(process: subprocess.Popen[str]) -> Iterator[None]:
    """Let no file of a process grow: it is told that they are too large, as on a full disk."""
    former = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, former[1]))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, former)


def find_workers(pid: int) -> list[int]:
    """The worker processes of a supervisor: those that serve."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            line = (path.parent / "cmdline").read_text()
        except OSError:
            continue
        if int(fields[1]) == pid and "spawn_main" in line and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def count_connections(pid: int, port: int) -> int:
    """Count the connections that a process has at a port."""
    inodes = set()
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = row.split()
        if fields[1].endswith(f":{port:04X}") and fields[3] == "01":
            inodes.add(f"socket:[{fields[9]}]")
    held = 0
    for path in Path(f"/proc/{pid}/fd").iterdir():
        try:
            held += str(path.readlink()) in inodes
        except OSError:
            continue
    return held
