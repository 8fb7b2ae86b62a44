"""One worker, one row a request: requests a second and times, beside a bare FastAPI echo and MLflow, in rounds.

MLflow is asked twice: with named columns, as we are, and with bare numbers, which it reads faster.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.service.server import ROOT, ask, build_body, build_place, find_quantile, serve

ROUNDS, REQUESTS, MLFLOW_REQUESTS = 5, 4000, 600
QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
PATH = "/plants/fjord/predict"
SAVE = """
import sys, onnx, mlflow.onnx
mlflow.onnx.save_model(onnx.load(sys.argv[1]), sys.argv[2])
"""


def measure(options: Sequence[str]) -> Iterator[Figure]:
    """Measure in rounds, the servers in turn, so that what else the machine does meets all of them."""
    place = next((one.partition("=")[2] for one in options if one.startswith("--mlflow=")), "")
    with tempfile.TemporaryDirectory() as name:
        folder = build_place(Path(name) / "place", {})
        with serve(folder) as service, _run_echo() as echo, _run_mlflow(place, Path(name)) as mlflow:
            body = build_body(service.port, "fjord", rows=1)
            row = json.loads(body)["rows"][0]
            named = json.dumps({"dataframe_records": [row]}).encode()
            bare = json.dumps({"inputs": {"features": [list(row.values())]}}).encode()
            targets = {"elc": (service.port, PATH, body, REQUESTS), "echo": (echo, "/echo", body, REQUESTS)}
            if mlflow:
                targets["mlflow"] = (mlflow, "/invocations", named, MLFLOW_REQUESTS)
                targets["mlflow, bare numbers"] = (mlflow, "/invocations", bare, MLFLOW_REQUESTS)
            for connections in (1, 8):
                yield from _compare(targets, connections)


def _compare(targets: dict[str, tuple[int, str, bytes, int]], connections: int) -> Iterator[Figure]:
    seconds: dict[str, list[float]] = {name: [] for name in targets}
    walls = dict.fromkeys(targets, 0.0)
    for _ in range(ROUNDS):
        for name, (port, path, body, requests) in targets.items():
            found = ask(port, path, body, connections=connections, requests=requests)
            if set(found["statuses"]) != {"200"} or found["lost"]:
                raise RuntimeError(f"{name}: {found['statuses']}, {found['lost']} lost")
            seconds[name] += found["seconds"]
            walls[name] += found["wall_s"]
    case = f"{connections} connection{'s' if connections > 1 else ''}"
    rates = {name: len(seconds[name]) / walls[name] for name in targets}
    for name in targets:
        other = "mlflow" if "mlflow" in targets else "echo"
        yield Figure("service", f"{name}, {case}", "requests", rates[name], "/s", other, rates[name] / rates[other])
        for what, share in QUANTILES.items():
            found_ms, echo_ms = (find_quantile(seconds[one], share) for one in (name, "echo"))
            yield Figure("service", f"{name}, {case}", what, found_ms, "ms", "echo", found_ms / echo_ms)


@contextmanager
def _run_echo() -> Iterator[int]:
    port = _find_port()
    with _run([sys.executable, "-m", "benchmarks.service.echo", str(port)], port):
        yield port


@contextmanager
def _run_mlflow(place: str, folder: Path) -> Iterator[int]:
    """Run `mlflow models serve` on the same network with one worker; 0 where no folder was given for it."""
    if not place:
        sys.stdout.write("service: without --mlflow=FOLDER nothing is measured beside MLflow\n")
        yield 0
        return
    python = Path(place) / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "mlflow", "onnx", "onnxruntime"], check=True)
    saved = folder / "mlflow"
    subprocess.run([python, "-c", SAVE, ROOT / "models" / "fjord" / "model.onnx", saved], check=True, cwd=folder)
    port = _find_port()
    words = ["models", "serve", "-m", str(saved), "--env-manager", "local", "-p", str(port), "--workers", "1"]
    environment = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("PYTHONPATH", None)
    with _run([str(python.with_name("mlflow")), *words], port, folder, environment):
        yield port


@contextmanager
def _run(
    command: list[str], port: int, folder: Path = ROOT, environment: dict[str, str] | None = None
) -> Iterator[None]:
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _find_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(1200):
        with socket.socket() as place:
            if place.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")
