"""`elc listen` against a real OPC UA server: values with their status and time, a server that goes, and its history."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from asyncua import Server, ua

from elc.listen import Listening
from elc.listen.sources import build_listening, choose_sources
from elc.paths import Project
from elc.settings import read_settings
from tests.unit.listen.broker import find_port, list_readings, make_project, read_files, wait_for

TAGS = ("FJ1.FT101", "FJ1.FT102")
T = TypeVar("T")


class Plant:
    """An OPC UA server in a thread of its own, with a node for each of two tags."""

    def __init__(self) -> None:
        logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)
        self.url = f"opc.tcp://127.0.0.1:{find_port()}/plant"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server: Server | None = None
        self._nodes: dict[str, Any] = {}

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def start(self, *, has_history: bool) -> None:
        self._run(self._start(has_history=has_history))

    async def _start(self, *, has_history: bool) -> None:
        self._server = Server()
        await self._server.init()
        self._server.set_endpoint(self.url)
        self._server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        space = await self._server.register_namespace("urn:plant")
        assert space == 2
        for tag in TAGS:
            node = await self._server.nodes.objects.add_variable(ua.NodeId(tag, space), tag, 1.0)
            self._nodes[tag] = node
        await self._server.start()
        if has_history:
            for node in self._nodes.values():
                await self._server.historize_node_data_change(node, period=None, count=1000)

    def stop(self) -> None:
        if self._server is not None:
            self._run(self._server.stop())
            self._server = None

    def end(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def write(self, tag: str, value: float | None, *, at: datetime, status: int = ua.StatusCodes.Good) -> None:
        kind = ua.VariantType.Double if value is not None else ua.VariantType.Null
        data = ua.DataValue(ua.Variant(value, kind), ua.StatusCode(status), SourceTimestamp=at)
        self._run(self._nodes[tag].write_value(data))


@pytest.fixture
def plant() -> Iterator[Plant]:
    made = Plant()
    yield made
    made.end()


class Runner:
    """`elc listen` in a thread."""

    def __init__(self) -> None:
        self._listening: Listening | None = None

    def start(self, project: Project) -> None:
        settings = read_settings(project)
        self._listening = build_listening(project, settings, choose_sources(settings, ()), ())
        self._thread = threading.Thread(target=self._listening.run)
        self._thread.start()

    def stop(self) -> None:
        if self._listening is not None:
            self._listening.stop()
            self._thread.join()
            self._listening = None


@pytest.fixture
def runner() -> Iterator[Runner]:
    made = Runner()
    yield made
    made.stop()


def make(tmp_path: Path, plant: Plant) -> Project:
    nodes = {tag: f"ns=2;s={tag}" for tag in TAGS}
    return make_project(
        tmp_path, opcua={"dcs": {"url": plant.url, "plant": "fjord", "interval_s": 0.1, "nodes": nodes}}
    )


def read_values(project: Project, tag: str) -> list[tuple[float | None, str]]:
    found = sorted(
        (at, str(value), value, quality) for name, at, value, quality in list_readings(project) if name == tag
    )
    return [(value, quality) for _, _, value, quality in found]


def now() -> datetime:
    return datetime.now(UTC)


def test_values_come_once_and_a_gap_without_history_is_said_and_bad(
    tmp_path: Path, plant: Plant, runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    plant.start(has_history=False)
    project = make(tmp_path, plant)
    runner.start(project)
    wait_for(lambda: read_files(project).num_rows >= 2, what="the first values")
    moment = now()
    plant.write(TAGS[0], 2.0, at=moment)
    wait_for(lambda: (2.0, "GOOD") in read_values(project, TAGS[0]), what="a good value")
    plant.write(TAGS[0], 3.0, at=now(), status=ua.StatusCodes.UncertainLastUsableValue)
    wait_for(lambda: (3.0, "UNCERTAIN") in read_values(project, TAGS[0]), what="a doubtful value")
    plant.write(TAGS[0], 4.0, at=now(), status=ua.StatusCodes.BadSensorFailure)
    wait_for(lambda: (None, "BAD") in read_values(project, TAGS[0]), what="a bad value")
    times = {value: at for name, at, value, _ in list_readings(project) if name == TAGS[0]}
    assert abs(times[2.0] - moment.timestamp() * 1e6) <= 1
    plant.stop()
    plant.start(has_history=False)
    wait_for(lambda: len(read_values(project, TAGS[1])) == 3, what="the mark of the gap")
    runner.stop()
    seen = [(1.0, "GOOD"), (2.0, "GOOD"), (3.0, "UNCERTAIN"), (None, "BAD")]
    assert read_values(project, TAGS[0]) == [*seen, (None, "BAD"), (1.0, "GOOD")]
    assert read_values(project, TAGS[1]) == [(1.0, "GOOD"), (None, "BAD"), (1.0, "GOOD")]
    log = capsys.readouterr().err
    assert '"disconnected"' in log
    assert '"no_history"' in log


def test_what_was_missed_is_read_from_the_history(tmp_path: Path, plant: Plant, runner: Runner) -> None:
    plant.start(has_history=True)
    project = make(tmp_path, plant)
    runner.start(project)
    wait_for(lambda: read_files(project).num_rows >= 2, what="the first values")
    runner.stop()
    for value in (5.0, 6.0, 7.0):
        plant.write(TAGS[0], value, at=now())
        time.sleep(0.1)
    runner.start(project)
    wait_for(lambda: (7.0, "GOOD") in read_values(project, TAGS[0]), what="the last value")
    runner.stop()
    assert read_values(project, TAGS[0]) == [(1.0, "GOOD"), (5.0, "GOOD"), (6.0, "GOOD"), (7.0, "GOOD")]
