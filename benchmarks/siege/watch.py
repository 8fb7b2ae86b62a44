"""A good client beside a siege, in a process of its own: asks again and again, and writes how long it waited at most.

python -m benchmarks.siege.watch PORT PATH BODY_FILE KEY; ends when its input ends, and writes JSON.
"""

from __future__ import annotations

import http.client
import json
import select
import sys
import time
from pathlib import Path

PAUSE_S = 0.01
PATIENCE_S = 30.0


class Watch:
    """One connection that stays open; a request that finds it closed is asked again on a new one, which counts too."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._connection = self._connect()
        self.longest = {"healthz": 0.0, "predict": 0.0}
        self.asked, self.failed = 0, 0

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)

    def ask(self, name: str, method: str, path: str, body: bytes | None) -> None:
        """Ask once, and note how long it took."""
        start = time.perf_counter()
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            answer.read()
            self.failed += answer.status != 200
        except (OSError, http.client.HTTPException):
            self.failed += 1
            self._connection.close()
            self._connection = self._connect()
        self.asked += 1
        self.longest[name] = max(self.longest[name], time.perf_counter() - start)


def main(port: str, path: str, body: str, key: str = "") -> None:
    content, watch = Path(body).read_bytes(), Watch(int(port), key)
    watch.ask("healthz", "GET", "/healthz", None)
    watch = Watch(int(port), key)  # what the start took is no wait
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not select.select([sys.stdin], [], [], PAUSE_S)[0]:
        watch.ask("healthz", "GET", "/healthz", None)
        watch.ask("predict", "POST", path, content)
    sys.stdout.write(json.dumps({**watch.longest, "asked": watch.asked, "failed": watch.failed}))


if __name__ == "__main__":
    main(*sys.argv[1:])
