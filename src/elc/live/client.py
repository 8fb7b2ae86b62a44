"""A client of the service beside the play: it asks for predictions all the time, and looks at what operators see."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elc.errors import ElcError
from elc.records import read_record
from elc.records.golden import FILE, Golden

PAUSE_S = 0.2
TIMEOUT_S = 30.0
READY_S = 120.0


@dataclass
class ServiceClient:
    """A client of a service at an address; `asked` and `failed` count predictions."""

    address: str
    asked: int = 0
    failed: int = 0

    def wait(self) -> None:
        """Wait until the service answers predictions.

        Raises:
            ElcError: it does not in two minutes.
        """
        end = time.monotonic() + READY_S
        while True:
            try:
                self._send("/readyz")
                return
            except (OSError, ValueError) as error:
                if time.monotonic() > end:
                    raise ElcError(f"the service at {self.address} did not become ready: {error}") from None
            time.sleep(PAUSE_S)

    def read_now(self, plant: str) -> dict[str, Any]:
        """Read what the operator page shows of a plant; empty where it shows nothing."""
        answer: dict[str, Any] = self._send(f"/plants/{plant}/now")
        return answer if answer.get("has_hour") else {}

    def answer(self, plant: str, hour: str, setpoint: str) -> None:
        """Answer to a move as an operator who makes it."""
        body = {"hour": hour, "setpoint": setpoint, "answer": "followed", "why": ""}
        self._send(f"/plants/{plant}/answers", body)

    @contextmanager
    def ask(self, plant: str, row: dict[str, float]) -> Iterator[None]:
        """Ask for predictions until the block ends."""
        stop = threading.Event()

        def go_on() -> None:
            while not stop.wait(PAUSE_S):
                self._ask_once(plant, row)

        thread = threading.Thread(target=go_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _ask_once(self, plant: str, row: dict[str, float]) -> None:
        self.asked += 1
        try:
            self._send(f"/plants/{plant}/predict", {"rows": [row]})
        except (OSError, ValueError):
            self.failed += 1

    def _send(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            return json.loads(answer.read())


def read_row(package: Path) -> dict[str, float]:
    """Read a row of a package that it must answer: the first of its golden inputs."""
    golden = read_record(package / FILE, Golden, cure="Train the plant again.")
    return dict(zip(golden.features, golden.inputs[0], strict=True))
