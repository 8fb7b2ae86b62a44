"""Bad versions under load: how many of them answered every request, ever; there must be none."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.service.server import ROOT, build_body, build_place, load, serve
from benchmarks.service.spoil import KINDS, spoil
from elc.files import replace_folder
from elc.paths import Project
from elc.service.versions.history import FINAL, KEPT, LIVE, SwapLog, find_path

TRIALS = 20
POLICIES = ("all_at_once", "canary")
SETTINGS = {"watch_s": 0.2, "bake_s": 1, "canary_frac": 0.3}


def measure(_: Sequence[str]) -> Iterator[Figure]:
    """Put 20 bad versions of three kinds in the place of the one in use, one after another, while requests go on."""
    for policy in POLICIES:
        with tempfile.TemporaryDirectory() as name:
            folder = build_place(Path(name) / "place", {**SETTINGS, "policy": policy})
            (folder / "models").unlink()
            shutil.copytree(ROOT / "models" / "fjord", folder / "models" / "fjord")
            yield from _measure(folder, policy)


def _measure(folder: Path, policy: str) -> Iterator[Figure]:
    project = Project(folder)
    history = SwapLog(find_path(project))
    with serve(folder) as service:
        body = build_body(service.port, "fjord", rows=2)
        path = "/plants/fjord/predict"
        with load(service.port, path, body, connections=2, requests=1000 * TRIALS, pause_s=0.01) as found:
            for number in range(TRIALS):
                before = len(history.read())
                with replace_folder(project.model("fjord")) as fresh:
                    shutil.copytree(ROOT / "models" / "fjord", fresh, dirs_exist_ok=True)
                    spoil(fresh, KINDS[number % len(KINDS)], number)
                _wait(history, before)
    events = [one.event for one in history.read()]
    case = f"20 bad versions, {policy}"
    yield Figure("service", case, "fully live", events.count(LIVE), "")
    yield Figure("service", case, "turned away", sum(events.count(event) for event in (*FINAL, KEPT)), "")
    failed = sum(count for status, count in found["statuses"].items() if status != "200") + found["lost"]
    yield Figure("service", case, "failed requests", failed, "")


def _wait(history: SwapLog, before: int) -> None:
    """Wait until a version was decided on."""
    end = time.monotonic() + 60
    while not any(one.event in (*FINAL, KEPT, LIVE) for one in history.read()[before:]):
        if time.monotonic() > end:
            raise TimeoutError("a version was not decided on in a minute")
        time.sleep(0.1)
