"""A service to be measured: a place of its own, the process, and the load on it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FAST = {"requests_per_s": 1_000_000, "burst": 1_000_000}  # the load is one client, and is not to be held back


@dataclass(frozen=True)
class Service:
    """A running service: its port, its process, and how long it took until it was ready."""

    port: int
    process: subprocess.Popen[str]
    ready_s: float


def edit_params(path: Path, changes: Mapping[str, object]) -> None:
    """Change keys of params.yaml that stand on a line of their own; each must be there once."""
    text = path.read_text(encoding="utf-8")
    for key, value in changes.items():
        text, count = re.subn(rf"^( +{key}: )\S+", rf"\g<1>{value}", text, flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f"{path}: {key} stands there {count} times, expected once")
    path.write_text(text, encoding="utf-8")


def build_place(folder: Path, changes: Mapping[str, object]) -> Path:
    """Build a project that serves the candidates of this one."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir()
    for name in ("dvc.yaml", "models", "data/plants"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    edit_params(folder / "params.yaml", FAST | dict(changes))
    return folder


@contextmanager
def serve(folder: Path, *options: str) -> Iterator[Service]:
    """Serve a project on a free port until the block ends."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("elc")), "serve", "--port", "0", *options],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines: list[str] = []
    stream = process.stderr
    assert stream is not None
    reader = threading.Thread(target=lambda: lines.extend(stream), daemon=True)
    reader.start()
    try:
        port = _wait(lambda: _find_port(lines))
        _wait(lambda: get(port, "/readyz") is not None)
        yield Service(port, process, time.perf_counter() - start)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _find_port(lines: Sequence[str]) -> int:
    found = re.search(r"running on http://127\.0\.0\.1:(\d+)", "".join(lines))
    return int(found[1]) if found else 0


def _wait(find: Any) -> Any:
    for _ in range(2400):
        if found := find():
            return found
        time.sleep(0.05)
    raise TimeoutError("the service did not start in 120 s")


def get(port: int, path: str) -> Any:
    """Get JSON; None where there is none yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return json.loads(answer.read())
    except (urllib.error.URLError, OSError):
        return None


def build_body(port: int, plant: str, *, rows: int) -> bytes:
    """Build a request of rows at the medians of the training hours."""
    card = get(port, f"/plants/{plant}/card")
    row = {one["column"]: round(float(one["median"]), 3) for one in card["features"]}
    return json.dumps({"rows": [row] * rows}).encode()


@contextmanager
def load(
    port: int, path: str, body: bytes, *, connections: int, requests: int, pause_s: float
) -> Iterator[dict[str, Any]]:
    """Ask from another process; what came of it is in the dictionary after the block."""
    with tempfile.TemporaryDirectory() as name:
        sent, result = Path(name) / "body", Path(name) / "result"
        sent.write_bytes(body)
        words = [str(port), path, str(sent), str(connections), str(requests), str(pause_s), str(result)]
        asking = subprocess.Popen([sys.executable, "-m", "benchmarks.service.load", *words], cwd=ROOT, env=os.environ)
        found: dict[str, Any] = {}
        try:
            yield found
            asking.wait(1200)
        finally:
            asking.kill()
            asking.wait()
        found.update(json.loads(result.read_text(encoding="utf-8")))


def ask(port: int, path: str, body: bytes, *, connections: int, requests: int) -> dict[str, Any]:
    """Ask from another process, and give what came of it."""
    with load(port, path, body, connections=connections, requests=requests, pause_s=0.0) as found:
        pass
    return found


def find_quantile(seconds: Sequence[float], share: float) -> float:
    """The quantile of times, in ms."""
    return 1000 * sorted(seconds)[min(int(len(seconds) * share), len(seconds) - 1)]
