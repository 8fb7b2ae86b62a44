"""Ask a server again and again over connections that stay open, from a process of its own; write what came of it.

python -m benchmarks.service.load PORT PATH BODY_FILE CONNECTIONS REQUESTS PAUSE_S RESULT_FILE
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
VERSION = re.compile(rb'"version":"([^"]*)"')
BEST = re.compile(rb'"best_gj_per_h":([\d.]+)')


@dataclass
class Tally:
    """What came of requests: seconds of each, and how many had each status, and each pair of version and answer."""

    left: int
    pause_s: float = 0.0  # of each connection between an answer and its next request
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    times: list[tuple[float, str]] = field(default_factory=list)
    lost: int = 0


class Asker(asyncio.Protocol):
    """One connection: sends a request, waits for its whole answer, sends the next."""

    def __init__(self, request: bytes, tally: Tally, done: asyncio.Future[None]) -> None:
        self._request, self._tally, self._done = request, tally, done
        self._buffer = bytearray()
        self._start = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._ask()

    def _ask(self) -> None:
        if self._tally.left <= 0:
            self._transport.close()
            return
        self._tally.left -= 1
        self._start = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        found = LENGTH.search(self._buffer, 0, end + 2)
        length = int(found[1]) if found else 0
        if len(self._buffer) < end + 4 + length:
            return
        now = time.perf_counter()
        self._tally.seconds.append(now - self._start)
        self._tally.statuses[int(self._buffer[9:12])] += 1
        version = VERSION.search(self._buffer, end)
        if version:
            bests = BEST.findall(self._buffer, end)
            self._tally.answers[f"{version[1].decode()} {b' '.join(bests).decode()}"] += 1
            self._tally.times.append((time.time(), version[1].decode()))
        del self._buffer[: end + 4 + length]
        if self._tally.pause_s:
            asyncio.get_running_loop().call_later(self._tally.pause_s, self._ask)
        else:
            self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        if self._tally.left > 0:
            self._tally.lost += 1
        if not self._done.done():
            self._done.set_result(None)


async def ask(port: int, path: str, body: bytes, connections: int, requests: int, pause_s: float) -> Tally:
    """Ask so many times over so many connections."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    tally, loop = Tally(requests, pause_s), asyncio.get_running_loop()
    ends = [loop.create_future() for _ in range(connections)]
    for end in ends:
        await loop.create_connection(lambda end=end: Asker(request, tally, end), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    return tally


def main(port: str, path: str, body: str, connections: str, requests: str, pause_s: str, result: str) -> None:
    start = time.perf_counter()
    tally = uvloop.run(ask(int(port), path, Path(body).read_bytes(), int(connections), int(requests), float(pause_s)))
    content = {
        "wall_s": time.perf_counter() - start,
        "seconds": tally.seconds,
        "statuses": tally.statuses,
        "answers": tally.answers,
        "times": tally.times,
        "lost": tally.lost,
    }
    Path(result).write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
