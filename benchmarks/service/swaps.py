"""100,000 requests during 50 swaps: failed ones, answers of a version that was not live, and times with and without."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.service.server import FAST, ROOT, Service, build_body, edit_params, find_quantile, load, serve
from elc import registry
from elc.paths import Project
from elc.service.versions.history import BACK, LIVE, SHIFTED, STARTED, Swap, SwapLog, find_path
from tests.pipeline import registry_project as made

SWAPS, REQUESTS, CONNECTIONS = 25, 50_000, 4  # of each policy
PAUSE_S = 0.007  # of each connection between two requests: the load lasts as long as the swaps
NICENESS = 10  # of what assigns: on a site that is another machine
SETTINGS = {"watch_s": 0.2, "bake_s": 0.3, "canary_frac": 0.3, "replay_rows": 1000}
VERSIONS = 3
SLACK_S = 0.05  # a request that was under way when the version went
PATH = "/plants/fjord/predict"


def measure(_: Sequence[str]) -> Iterator[Figure]:
    """Measure on a registry of its own, whose tags assign three versions in turn."""
    with tempfile.TemporaryDirectory() as name:
        project = _make_registry(Path(name) / "site")
        for policy in ("all_at_once", "canary"):
            edit_params(project.params, {"policy": policy})
            yield from _measure(project, policy)


def _make_registry(folder: Path) -> Project:
    project = made.make_project(folder, Project(ROOT))
    tags = project.tags("fjord")
    tags.parent.mkdir(parents=True)
    tags.write_bytes((ROOT / "data" / "plants" / "fjord" / "tags.csv").read_bytes())
    edit_params(project.params, {**FAST, **SETTINGS})
    made.edit_environments(project, dev={"plants": ["fjord"], "tests": ["golden"]})
    for number in range(VERSIONS):
        if number:
            made.retrain(project, "fjord", 1.001)
        made.elc(project, "register", "fjord")
    made.elc(project, "promote", "fjord", "v1.0.0", "--env", "dev")
    made.elc(project, "deploy", "--env", "dev")
    return project


def _measure(project: Project, policy: str) -> Iterator[Figure]:
    history = SwapLog(find_path(project))
    with serve(project.root, "--env", "dev") as service:
        body = build_body(service.port, "fjord", rows=2)
        with _ask(service, body) as quiet:
            pass
        with _ask(service, body) as found:
            begun = time.monotonic()
            with ProcessPoolExecutor(1, get_context("spawn"), initializer=os.nice, initargs=(NICENESS,)) as pool:
                for swap in range(SWAPS):
                    pool.submit(_swap, project, 1 + swap % VERSIONS).result()
            during_s = time.monotonic() - begun
        if during_s > found["wall_s"]:
            raise RuntimeError(f"the swaps took {during_s:.0f} s, the load {found['wall_s']:.0f} s: raise PAUSE_S")
    case = f"{SWAPS} swaps, {policy}"
    failed = sum(count for status, count in found["statuses"].items() if status != "200") + found["lost"]
    yield Figure("service", case, "requests", len(found["seconds"]), "")
    yield Figure("service", case, "seconds", during_s, "s")
    yield Figure("service", case, "failed", failed, "")
    yield Figure("service", case, "not live", _count_strange(found["times"], history.read()), "")
    yield Figure("service", case, "mixed", sum(len(set(key.split()[1:])) > 1 for key in found["answers"]), "")
    for what, share in {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}.items():
        with_ms, without_ms = (find_quantile(one["seconds"], share) for one in (found, quiet))
        yield Figure("service", case, what, with_ms, "ms", "without swaps", with_ms / without_ms)


def _ask(service: Service, body: bytes) -> Any:
    return load(service.port, PATH, body, connections=CONNECTIONS, requests=REQUESTS, pause_s=PAUSE_S)


def _swap(project: Project, number: int) -> None:
    """Assign a version by a tag, and wait until every request goes to it."""
    history = SwapLog(find_path(project))
    context = registry.read_context(project)
    versions = list(context.line("fjord").versions.values())
    version = versions[number % len(versions)]
    before = len(history.read())
    registry.assign(context, version, "dev", reason="benchmark")
    end = time.monotonic() + 60
    while not any(one.event == LIVE for one in history.read()[before:]):
        if time.monotonic() > end:
            raise TimeoutError(f"{version.version} was not live after a minute: {history.read()[-3:]}")
        time.sleep(0.05)


def _count_strange(times: Sequence[tuple[float, str]], events: Sequence[Swap]) -> int:
    """Count answers of a version that was neither in use nor let in when it answered."""
    spans: list[tuple[float, float, str]] = []
    opened: dict[str, float] = {}
    for one in events:
        at = datetime.fromisoformat(one.time).timestamp()
        if one.event in (SHIFTED, STARTED):
            opened.setdefault(one.version, at)
        gone = {LIVE: one.former, BACK: one.version}.get(one.event, "")
        if gone in opened and gone != (one.version if one.event == LIVE else ""):
            spans.append((opened.pop(gone), at, gone))
    spans += [(start, float("inf"), version) for version, start in opened.items()]
    return sum(
        not any(
            start - SLACK_S <= at <= end + SLACK_S and version == known
            for start, end, known in spans
            if known == version
        )
        for at, version in times
    )
