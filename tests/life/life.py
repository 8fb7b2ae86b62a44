"""Live hour after hour: events, deliveries, the hourly run and checks, with a service and a client beside it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

from elc.paths import Project
from tests.life.checks import check_hour, count_bytes
from tests.life.story import Event, deliver, find_events
from tests.life.world import ENVIRONMENT, World, make_world
from tests.pipeline.served import serve

LOOKED_H = 12  # from one look at what DVC says to the next


@dataclass
class Life:
    """What came of a life."""

    told: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    requests: int = 0
    failed_requests: int = 0
    grown_bytes: int = 0


def live(
    source: Project,
    folder: Path,
    plants: list[str],
    *,
    hours: int,
    say: Callable[[str], Any],
    start: pd.Timestamp | None = None,
    story: str = "all",
    stride: int = 1,
) -> Life:
    """Live a number of hours in a copy of a project whose pipeline has run (see `make_world` and `story.STORIES`).

    The hourly run comes after each `stride` hours, so that a month can be lived in an afternoon.
    """
    world, life = make_world(source, folder, plants, start), Life()
    life.told, life.faults = world.told, world.faults
    world.run_hour()
    if life.faults:
        return life
    before = count_bytes(world.operated.place)
    with serve(world.project, "--env", ENVIRONMENT) as running, ask(running.client, world, life):
        for hour in range(hours):
            started, known = time.monotonic(), len(world.faults)
            live_hour(world, running.client, find_events(story, hour, hours), is_run=(hour + 1) % stride == 0)
            new = "".join(f"\n  FAULT {fault}" for fault in world.faults[known:])
            say(f"hour {hour + 1} of {hours}, {world.now:%Y-%m-%d %H:%M}, {time.monotonic() - started:.1f} s{new}")
    if life.failed_requests:
        world.accuse(f"{life.failed_requests} of {life.requests} requests failed")
    life.grown_bytes = count_bytes(world.operated.place) - before
    return life


def live_hour(world: World, client: httpx.Client, events: list[Event], *, is_run: bool) -> None:
    for event in events:
        world.note(event.__name__.replace("_", " "))
        event(world, client)
    deliver(world)
    world.hour += 1
    if not is_run:
        return
    if world.hour % LOOKED_H == 0 and "beside" not in world.memory:  # whose run holds DVC's lock
        world.memory["dvc status"] = world.read_dvc_status()
    said = world.run_hour(code=1 if world.expected else 0)
    if beside := world.memory.pop("beside", None):
        beside.join()
        world.commit("what a scientist ran")
    time.sleep(1.0)  # the operator page looks for changes twice a second
    check_hour(world, said, client)
    world.late.clear()


@contextmanager
def ask(client: httpx.Client, world: World, life: Life) -> Iterator[None]:
    """Ask for predictions all the time."""
    body = build_body(world)
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            try:
                status = client.post(f"/plants/{world.plants[0]}/predict", json=body).status_code
            except httpx.TransportError:
                status = 0
            life.requests += 1
            life.failed_requests += status != 200
            stop.wait(0.2)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def build_body(world: World) -> dict[str, Any]:
    """Build a request of the middle of what the version learnt from."""
    folder = world.project.deployed(ENVIRONMENT, world.plants[0])
    golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    names = [feature["column"] for feature in card["features"]]
    return {"rows": [dict(zip(names, golden["inputs"][0], strict=True))]}
