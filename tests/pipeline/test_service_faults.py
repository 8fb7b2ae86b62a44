"""The real `elc serve` while the disk is full, a worker is killed, and senders are broken, slow or too large."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import statistics
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from benchmarks import siege
from benchmarks.service.server import load
from elc.paths import CANDIDATE
from elc.service.versions import SwapLog
from elc.service.versions.history import find_path
from tests.pipeline.served import (
    ELC,
    PREDICT,
    Running,
    count_connections,
    find_workers,
    full_disk,
    make_place,
    serve,
    wait,
)
from tests.unit.service.guard.test_guard_start import write_certificate
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
        wait(lambda: len(SwapLog(find_path(project)).read()) == 1)
        before = {path for path in project.root.rglob("*") if path.is_file()}
        with full_disk(running.process):
            write_package(project.model("fjord"), offset=1.0)
            wait(lambda: ask_best(running) == find_energy(50, 10, 1.0)[0])  # it swaps all the same
            refused = running.client.post(ANSWERS, json=ANSWER)
            assert (refused.status_code, refused.headers["content-type"]) == (507, "application/problem+json")
            assert refused.json()["detail"].startswith("The answer could not be kept: the disk is full.")
            wait(lambda: running.read_count("elc_write_faults_total") == 2)
            wait(lambda: running.read_count("elc_capture_dropped_rows_total") > 0)
            assert [one.event for one in SwapLog(find_path(project)).read()] == ["started"]
            left = {path for path in project.root.rglob("*") if path.is_file()} - before
            assert all(path.stat().st_size == 0 for path in left), left
            assert ask_best(running) == find_energy(50, 10, 1.0)[0]
        wait(lambda: len(SwapLog(find_path(project)).read()) == 4)
        assert running.client.post(ANSWERS, json=ANSWER).status_code == 201
        kept = running.read_count("elc_captured_rows_total")
        wait(lambda: ask_best(running) and running.read_count("elc_captured_rows_total") > kept)
    assert [one.event for one in SwapLog(find_path(project)).read()] == ["started", "loaded", "shifted", "live"]
    assert len(read_lines(project.operate(CANDIDATE))) == 1
    audit = (project.root / "data" / "service" / "audit.jsonl").read_text()
    assert [json.loads(line)["status"] for line in audit.splitlines()] == [201]
    for words in (
        "swaps cannot be written",
        "swaps can be written again",
        "The audit file cannot be written: File too",
    ):
        assert running.log.count(words) == 1, words


@pytest.mark.long(reason="kills workers under load")
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
            killed = min(held, key=lambda pid: held[pid])
            os.kill(killed, signal.SIGKILL)
        wait(lambda: len(set(find_workers(running.process.pid)) - {killed}) == 2)
        stop.set()
        looking.join()
        assert found["lost"] <= held[killed]
        assert found["statuses"] == {"200": 2000 - found["lost"]}
        wait(lambda: running.read_count("elc_ready_plants") == 1)
        answered = running.read_count("elc_requests_total")
        assert 2000 - found["lost"] <= answered <= 2000
        assert counts == sorted(counts)
        assert ask_best(running) == find_energy(50, 10)[0]


def test_tls_by_the_environment_and_a_plain_request_to_it(tmp_path: Path) -> None:
    project = make_place(tmp_path / "place")
    certificate, private_key = write_certificate(tmp_path, "site")
    env = {"ELC_CERTIFICATE": str(certificate), "ELC_PRIVATE_KEY": str(private_key)}
    trust = ssl.create_default_context(cafile=str(certificate))
    with serve(project, scheme="https", verify=trust, env=env) as running:
        answer = running.client.post(PREDICT, json={"rows": [ROW]})
        assert (answer.status_code, answer.headers["strict-transport-security"]) == (200, "max-age=31536000")
        assert talk(running.port, b"GET /plants HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") == b""
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"https://127.0.0.1:{running.port}/plants", trust_env=False)
        assert ask_best(running) == find_energy(50, 10)[0]
    assert "Traceback" not in running.log
    assert '"trace"' not in running.log


def test_a_pair_that_does_not_belong_together_starts_nothing(tmp_path: Path) -> None:
    project = make_place(tmp_path / "place")
    env = {"ELC_CERTIFICATE": str(write_certificate(tmp_path, "site")[0])}
    env["ELC_PRIVATE_KEY"] = str(write_certificate(tmp_path, "other")[1])
    done = subprocess.run(
        [ELC, "serve", "--port", "0"], cwd=project.root, env={**os.environ, **env}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("elc: TLS: ")
    assert "cannot be used together (KEY_VALUES_MISMATCH). Expected PEM files that belong together" in done.stderr


def talk(port: int, *parts: bytes) -> bytes:
    """Send parts over a connection of its own, and read all that comes until it ends."""
    with socket.create_connection(("127.0.0.1", port), 20) as made:
        found = b""
        with suppress(ConnectionError):
            for part in parts:
                made.sendall(part)
            made.settimeout(20)
            while got := made.recv(65536):
                found += got
        return found


def post(content: bytes, kind: bytes = b"application/json") -> bytes:
    """Build a request that ends its connection."""
    head = b"POST /plants/fjord/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: " + kind
    return head + b"\r\nContent-Length: " + str(len(content)).encode() + b"\r\n\r\n" + content


def dribble(port: int, stop: threading.Event) -> None:
    """Open connections that send a byte now and then: of a head, and of a body."""
    opened = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
    for number, one in enumerate(opened):
        one.sendall(post(b"x" * 1000)[:-990] if number % 2 else b"GET /plants HTTP/1.1\r\nHo")
    while not stop.wait(0.05):
        for one in opened:
            with suppress(OSError):
                one.sendall(b"x")
    for one in opened:
        one.close()


def test_slow_large_and_broken_senders_hold_nobody_up(tmp_path: Path) -> None:
    project = make_place(tmp_path / "place", limits={"timeout_s": 1.5})
    row = json.dumps(ROW).encode()
    many = b'{"rows": [' + b", ".join([row] * 10_000)
    large = many + b", " + b", ".join([row] * 180_000) + b"]}"
    assert len(large) > 8 * 2**20
    arrow = b"application/vnd.apache.arrow.stream"
    cases = [(large, 413), (many + b", " + row + b"]}", 413), (many, 400), (many + b"]}", 200), (row[:-3], 400)]
    requests = [(post(content), status) for content, status in cases]
    requests += [
        (post(b"\xff\xff\xff\xff\x10\x00\x00\x00" + os.urandom(64), arrow), 400),
        (b"\x16\x03\x01 TLS\r\n\r\n", 400),
    ]
    with serve(project) as running:
        stop, waits = threading.Event(), []
        slow = threading.Thread(target=dribble, args=(running.port, stop))

        def ask() -> None:
            while not stop.is_set():
                start = time.monotonic()
                ask_best(running)
                waits.append(time.monotonic() - start)
                time.sleep(0.01)

        asking = threading.Thread(target=ask)
        slow.start()
        asking.start()
        try:
            for request, status in requests:
                answer = talk(running.port, request)
                assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:500]
                assert status == 200 or b"application/problem+json" in answer
            wait(lambda: '"status":408' in running.log)  # of the bodies that do not end
        finally:
            stop.set()
            slow.join()
            asking.join()
    assert len(waits) > 10
    assert statistics.median(waits) < 0.5  # who waited for a slow sender would wait for 1.5 s
    assert '"trace"' not in running.log


@pytest.mark.long(reason="sends a siege's requests; `make test-benchmarks` runs one too")
def test_no_request_of_a_siege_is_a_fault_of_the_service(tmp_path: Path) -> None:
    """A sample of `python -m benchmarks siege`, with another seed; a good client asks beside it."""
    with serve(make_place(tmp_path / "place")) as running:
        before = ask_best(running)
        with siege.watch(tmp_path, running.port) as found:
            statuses = siege.fuzz(running, 320, seed=2)
        assert siege.find_faults(statuses) == {}
        assert sum(sum(counted.values()) for counted in statuses.values()) == 320
        assert {kind for kind, counted in statuses.items() if set(counted) - {0}} == set(statuses)
        assert found["failed"] == 0
        assert max(found["healthz"], found["predict"]) < 5  # a second is what the benchmark shows on a quiet machine
        assert ask_best(running) == before
    assert "Traceback" not in running.log
