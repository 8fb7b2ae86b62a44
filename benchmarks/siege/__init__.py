"""A siege of the running service, beside a good client: what it costs that one, and what it takes."""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.siege.corpus import ARROW, Corpus, build_wide
from tests.conftest import run
from tests.pipeline.served import ELC, PREDICT, Running, make_place, serve
from tests.unit.service.packages import ROW
from tests.unit.service.page.present import FLUE, HOUR

REQUESTS, SEED, AT_ONCE = 5_000, 1, 8
READ_S, STREAM_S = 2.0, 0.2
ROWS, COLUMNS, BODIES = 800, 10_000, 6
SILENT, HELD_S, STREAMS = 1_000, 12.0, 200
REST_S = 10.0
TINY = {"REQUESTS": 40, "COLUMNS": 100, "SILENT": 20, "HELD_S": 1.0, "STREAMS": 60, "REST_S": 1.0}
ANSWER = {"hour": HOUR, "setpoint": FLUE, "answer": "followed", "why": ""}
ALLOWED = 503  # by design: where something is full, and said to be


def measure(options: Sequence[str] = ()) -> Iterator[Figure]:
    """Measure on loopback, with the siege in this process and the good client in another."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks siege", description="Without an option, every part.")
    for part in PARTS:
        parser.add_argument(part, dest="parts", action="append_const", const=part)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="Of --fuzz.")
    chosen = parser.parse_args(list(options))
    with tempfile.TemporaryDirectory() as folder:
        place = make_place(Path(folder) / "place")
        for part in chosen.parts or PARTS:
            yield from PARTS[part](Path(folder), place, chosen.requests)


def _measure_fuzz(folder: Path, place: Any, requests: int) -> Iterator[Figure]:
    with serve(place) as running:
        with watch(folder, running.port) as quiet:
            time.sleep(REST_S)
        with watch(folder, running.port) as found:
            statuses = fuzz(running, requests)
        case = f"{requests:,} requests"
        yield from _show(f"{REST_S:.0f} s of peace", quiet)
        yield from _show(case, found)
        for kind, counted in sorted(statuses.items()):
            for status, number in sorted(counted.items()):
                yield Figure("siege", case, f"{kind} {status or 'closed'}", number, "answers")
        yield Figure("siege", case, "faults", sum(find_faults(statuses).values()), "answers")
        yield Figure("siege", case, "tracebacks", running.log.count("Traceback"), "lines")


def find_faults(statuses: dict[str, Counter[int]]) -> Counter[int]:
    """Find the answers that say that the service failed."""
    found: Counter[int] = Counter()
    for counted in statuses.values():
        found += Counter({status: number for status, number in counted.items() if status >= 500 and status != ALLOWED})
    return found


def fuzz(running: Running, requests: int, seed: int = SEED) -> dict[str, Counter[int]]:
    """Send requests of the corpus, some at once; count what came back of each kind, 0 where nothing did."""
    corpus = Corpus(PREDICT, ROW, ANSWER, list(ROW))
    return asyncio.run(_fuzz(running.port, corpus.draw(requests, seed)))


async def _fuzz(port: int, drawn: Iterator[tuple[str, bytes]]) -> dict[str, Counter[int]]:
    found: dict[str, Counter[int]] = {}

    async def work() -> None:
        for kind, content in drawn:
            status = await _ask(port, content, READ_S if kind != "events" else STREAM_S)
            found.setdefault(kind, Counter())[status] += 1

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return found


async def _ask(port: int, content: bytes, patience_s: float) -> int:
    """Send bytes and read the status; 0 where the connection is closed, or nothing comes, for bytes are missing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        with suppress(OSError):
            writer.write(content)
            await writer.drain()
        head = await asyncio.wait_for(reader.read(64), patience_s)
        words = head.split(b" ", 2)
        if len(words) > 1 and words[1].isdigit():
            return int(words[1])
    except (OSError, TimeoutError):
        pass
    finally:
        writer.close()
    return 0


def _measure_memory(folder: Path, place: Any, _: int) -> Iterator[Figure]:
    body, case = build_wide(ROWS, COLUMNS), f"{BODIES} of {ROWS} x {COLUMNS:,}"
    head = f"POST {PREDICT} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {ARROW}\r\nContent-Length: {len(body)}\r\n\r\n"

    async def send() -> list[int]:
        return await asyncio.gather(*(_ask(running.port, head.encode() + body, 60.0) for _ in range(BODIES)))

    with serve(place) as running:
        before = read_memory(running.process.pid, "VmRSS")
        with watch(folder, running.port) as found:
            statuses = asyncio.run(send())
        time.sleep(REST_S)
        yield Figure("siege", case, "body", len(body) / (1 << 20), "MiB")
        yield Figure("siege", case, "before", before, "MiB")
        yield Figure("siege", case, "most", read_memory(running.process.pid, "VmHWM"), "MiB")
        yield Figure("siege", case, "after", read_memory(running.process.pid, "VmRSS"), "MiB")
        yield from (Figure("siege", case, f"status {it}", n, "answers") for it, n in Counter(statuses).items())
        yield from _show(case, found)


def read_memory(pid: int, name: str) -> float:
    """Read how much memory a process has (VmRSS), or had at most (VmHWM), in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def _measure_silent(folder: Path, place: Any, _: int) -> Iterator[Figure]:
    """Hold connections that say nothing: of one address, of four, and of ten."""
    key = _add_key(place, "good")
    for addresses in (1, 4, 10):
        with serve(place) as running, watch(folder, running.port, key) as found:
            held = asyncio.run(_hold(running.port, [b""] * SILENT, addresses))
        case = f"{SILENT:,} silent of {addresses}"
        yield Figure("siege", case, "held", held, "connections")
        yield from _show(case, found)


def _measure_events(folder: Path, place: Any, _: int) -> Iterator[Figure]:
    """Hold streams of events by one key, while another asks."""
    good, other = _add_key(place, "good"), _add_key(place, "other")
    head = f"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {other}\r\n\r\n".encode()
    with serve(place) as running, watch(folder, running.port, good) as found:
        held = asyncio.run(_hold(running.port, [head] * STREAMS, 1))
    yield Figure("siege", f"{STREAMS} streams", "held", held, "connections")
    yield from _show(f"{STREAMS} streams", found)


async def _hold(port: int, contents: Sequence[bytes], addresses: int) -> int:
    """Open connections from some addresses other than the good client's, and give how many are open after a while."""

    async def open_one(place: int, content: bytes) -> Any:
        source = (f"127.0.0.{2 + place % addresses}", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=source)
        writer.write(content)
        head = await reader.read(64) if content else b""
        return reader, writer, not content or b" 200 " in head

    opened = await asyncio.gather(*map(open_one, range(len(contents)), contents), return_exceptions=True)
    await asyncio.sleep(min(HELD_S, 8.0))
    kept = sum(not isinstance(one, BaseException) and one[2] and not one[0].at_eof() for one in opened)
    await asyncio.sleep(max(0.0, HELD_S - 8.0))
    for one in opened:
        if not isinstance(one, BaseException):
            one[1].close()
    return kept


def _add_key(place: Any, name: str) -> str:
    name = f"{name}-{time.monotonic_ns()}"
    done = run(place.root, str(ELC), "keys", "add", name, "--all-plants", "--right", "read", "--right", "acknowledge")
    return next(word for word in done.stdout.split() if word.startswith("elc_"))


@contextmanager
def watch(folder: Path, port: int, key: str = "") -> Iterator[dict[str, float]]:
    """Let a good client ask beside; how long it waited at most (s) is in the dictionary after the block."""
    body = folder / "body"
    body.write_text(json.dumps({"rows": [ROW]}), encoding="utf-8")
    words = [str(port), PREDICT, str(body), *([key] if key else [])]
    command = [sys.executable, "-m", "benchmarks.siege.watch", *words]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()  # it is ready
    found: dict[str, float] = {}
    try:
        yield found
    finally:
        said, _ = process.communicate()
    found.update(json.loads(said))


def _show(case: str, found: dict[str, float]) -> Iterator[Figure]:
    for name in ("healthz", "predict"):
        yield Figure("siege", case, f"{name} at most", 1000 * found[name], "ms")
    yield Figure("siege", case, "good asked", found["asked"], "requests")
    yield Figure("siege", case, "good failed", found["failed"], "requests")


PARTS: dict[str, Callable[[Path, Any, int], Iterator[Figure]]] = {
    "--fuzz": _measure_fuzz,
    "--memory": _measure_memory,
    "--silent": _measure_silent,
    "--events": _measure_events,
}
