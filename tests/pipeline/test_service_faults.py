"""The real `elc serve` while the disk is full, a worker is killed, and senders are broken, slow or too large."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from benchmarks.service.server import load
from elc.service.versions import History
from elc.service.versions.history import find_path
from tests.pipeline.faulty import (
    PREDICT,
    Running,
    count_connections,
    find_workers,
    full_disk,
    make_place,
    serve,
    wait,
)
from tests.unit.service.packages import ROW, find_energy, write_package
from tests.unit.service.page.present import FLUE, HOUR, read_lines

pytestmark = pytest.mark.slow
ANSWER = {"hour": HOUR, "setpoint": FLUE, "answer": "followed", "why": ""}
ANSWERS = "/plants/fjord/answers"


def ask_best(running: Running) -> float:
    answer = running.client.post(PREDICT, json={"rows": [ROW]})
    assert answer.status_code == 200
    return float(answer.json()["rows"][0]["best_gj_per_h"])


def test_full_disk_stops_no_prediction_and_is_said(tmp_path: Path) -> None:
    project = make_place(tmp_path / "place")
    with serve(project) as running:
        wait(lambda: len(History(find_path(project)).read()) == 1)
        before = {path for path in project.root.rglob("*") if path.is_file()}
        with full_disk(running.process):
            write_package(project.model("fjord"), offset=1.0)
            wait(lambda: ask_best(running) == find_energy(50, 10, 1.0)[0])  # it swaps all the same
            refused = running.client.post(ANSWERS, json=ANSWER)
            assert (refused.status_code, refused.headers["content-type"]) == (507, "application/problem+json")
            assert refused.json()["detail"].startswith("The answer could not be kept: the disk is full.")
            wait(lambda: running.read_count("elc_write_faults_total") == 2)
            wait(lambda: running.read_count("elc_capture_dropped_rows_total") > 0)
            assert [one.event for one in History(find_path(project)).read()] == ["started"]
            left = {path for path in project.root.rglob("*") if path.is_file()} - before
            assert all(path.stat().st_size == 0 for path in left), left
            assert ask_best(running) == find_energy(50, 10, 1.0)[0]
        wait(lambda: len(History(find_path(project)).read()) == 4)
        assert running.client.post(ANSWERS, json=ANSWER).status_code == 201
        wait(lambda: len(list(project.root.glob("data/capture/fjord/*/*.parquet"))) > 0 or ask_best(running) == 0)
    assert [one.event for one in History(find_path(project)).read()] == ["started", "loaded", "shifted", "live"]
    assert len(read_lines(project)) == 1
    audit = (project.root / "data" / "service" / "audit.jsonl").read_text()
    assert [json.loads(line)["status"] for line in audit.splitlines()] == [201]
    for words in ("swaps cannot be written", "swaps are written again", "The audit file cannot be written: File too"):
        assert running.log.count(words) == 1, words


def test_killed_worker_loses_what_was_in_flight_with_it_alone(tmp_path: Path) -> None:
    project = make_place(tmp_path / "place", workers=2)
    body = json.dumps({"rows": [ROW]}).encode()
    with serve(project) as running:
        workers = find_workers(running.process.pid)
        counts, stop = [0.0], threading.Event()

        def look() -> None:
            while not stop.is_set():
                with suppress(httpx.TransportError):  # this connection may be one of the killed worker's
                    counts.append(running.read_count("elc_requests_total"))
                time.sleep(0.02)

        with load(running.port, PREDICT, body, connections=16, requests=2000, pause_s=0.005) as found:
            wait(lambda: running.read_count("elc_requests_total") > 300)
            looking = threading.Thread(target=look)
            looking.start()
            held = {pid: count_connections(pid, running.port) for pid in workers}
            killed = min(held, key=lambda pid: (held[pid] < 2, held[pid]))
            os.kill(killed, signal.SIGKILL)
        wait(lambda: len(set(find_workers(running.process.pid)) - {killed}) == 2)
        stop.set()
        looking.join()
        assert found["lost"] <= held[killed] < sum(held.values())
        assert found["statuses"] == {"200": 2000 - found["lost"]}
        wait(lambda: running.read_count("elc_ready_plants") == 1)
        answered = running.read_count("elc_requests_total")
        assert 2000 - found["lost"] <= answered <= 2000
        assert counts == sorted(counts)
        assert ask_best(running) == find_energy(50, 10)[0]
