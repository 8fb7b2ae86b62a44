"""A day hour by hour beside each kind of real server that is stopped, and runs that are killed: nothing is lost."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import pytest

from tests.unit.fetch.historians import PiServer, build_item, serve
from tests.unit.fetch.postgres import MISSING, PASSWORD, PROGRAMS, Postgres
from tests.unit.fetch.site import FIRST, NOON, TAGS, Site
from tests.unit.listen.broker import find_port

pytestmark = pytest.mark.long(reason="a day of each server, and runs that are killed; siblings read some hours")
HOUR = timedelta(hours=1)
STOPS = (3, 4, 9, 16, 22)  # hours in which the server does not answer
LATE = (5, 12, 17)  # hours whose first readings come three hours later
Row = tuple[datetime, str, float]


class Server(Protocol):
    """A historian that can be stopped; `source` is how params.yaml names it."""

    source: dict[str, Any]

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def add(self, rows: Sequence[Row]) -> None: ...


class Database:
    """A real PostgreSQL."""

    def __init__(self, postgres: Postgres) -> None:
        self.start, self.stop = postgres.start, postgres.stop
        self._postgres = postgres
        self.source = {"kind": "sql", "url": postgres.url, "table": "readings"}
        postgres.start()
        postgres.run("create table readings (time timestamptz, tag text, value double precision)")

    def add(self, rows: Sequence[Row]) -> None:
        self._postgres.copy("readings", rows)


class Archive:
    """A server that answers as PI Web API documents."""

    def __init__(self) -> None:
        self._pi, self._port = PiServer(points=dict.fromkeys(TAGS, ("", ""))), find_port()
        self._running = contextlib.ExitStack()
        self.start()
        keys = {"url": self._pi.url, "server": "PI1", "auth": "basic", "user": "elc"}
        self.source = {"kind": "pi", "page_rows": 20, **keys}

    def start(self) -> None:
        self._running.enter_context(serve(self._pi, "/piwebapi", self._port))

    def stop(self) -> None:
        self._running.close()

    def add(self, rows: Sequence[Row]) -> None:
        for moment, tag, value in rows:
            items = self._pi.values.setdefault(tag, [])
            items.append(build_item(moment.isoformat().replace("+00:00", "Z"), value))
            items.sort(key=lambda item: str(item["Timestamp"]))


class OpcUa:
    """A real server of asyncua."""

    def __init__(self) -> None:
        from tests.unit.fetch.opcua_history import HistoryServer

        self._history = HistoryServer({tag: [] for tag in TAGS}, {})
        self.start, self.stop, self.close = self._history.start, self._history.stop, self._history.close
        self.source = {"kind": "opcua", "url": self._history.url, "page_rows": 20, "timeout_s": 2}

    def add(self, rows: Sequence[Row]) -> None:
        from tests.unit.fetch.opcua_history import build_value

        for moment, tag, value in rows:
            self._history.add(tag, build_value(moment, value))


@pytest.fixture(params=["opcua", "pi", "sql"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("ELC_PI_PASSWORD", "right")
    monkeypatch.setenv("ELC_SQL_PASSWORD", PASSWORD)
    made: Server
    if request.param == "sql":
        if PROGRAMS is None:
            pytest.skip(MISSING)
        pytest.importorskip("psycopg", reason="elc[fetch] is not installed")
        with contextlib.closing(Postgres()) as postgres:
            yield Database(postgres)
    elif request.param == "pi":
        pytest.importorskip("tagreader", reason="the extra pi is not installed")
        made = Archive()
        yield made
        made.stop()
    else:
        pytest.importorskip("asyncua", reason="elc[listen] is not installed")
        with contextlib.closing(OpcUa()) as made:
            yield made


def build_hour(hour: int) -> list[Row]:
    """Build the readings of an hour: every tag each five minutes, with a value that tells which it is."""
    moments = [FIRST + hour * HOUR + timedelta(minutes=minute) for minute in range(0, 60, 5)]
    return [(moment, tag, hour * 100 + place * 3 + number) for place, moment in enumerate(moments)
            for number, tag in enumerate(TAGS)]  # fmt: skip


def test_a_day_with_five_stops_loses_and_doubles_nothing(site: Site, server: Server) -> None:
    site.set_sources({**server.source, "tags": {tag: tag for tag in TAGS}, "since": f"{FIRST:%Y-%m-%d}"})
    expected: list[Row] = []
    failed: list[int] = []
    late: dict[int, list[Row]] = {}
    for hour in range(26):
        rows = build_hour(hour)
        expected += rows
        if hour in LATE:
            late[hour + 3], rows = rows[:9], rows[9:]
        server.add([*rows, *late.pop(hour, [])])
        if hour in STOPS:
            server.stop()
        fetched = site.fetch(FIRST + (hour + 1) * HOUR)
        assert fetched.taken.corrected == 0
        failed += [hour] * len(fetched.failures)
        if hour in STOPS:
            server.start()
    assert failed == list(STOPS)
    assert [row[:3] for row in site.read()] == sorted(expected, key=lambda row: (row[1], row[0]))
    assert {row[3] for row in site.read()} == {"GOOD"}
    assert not site.read_revised()


FETCH = """
import sys
from datetime import datetime
from pathlib import Path
from elc.fetch import Wanted, fetch_plant
from elc.paths import Project
since, now = map(datetime.fromisoformat, sys.argv[2:])
print("begins", flush=True)
fetched = fetch_plant(Project(Path(sys.argv[1])), "fjord", Wanted(since=since), get_now=lambda: now)
assert not fetched.failures, fetched.failures
"""


def test_runs_that_are_killed_anywhere_lose_and_double_nothing(site: Site) -> None:
    site.run(
        "insert into readings select time + interval 1 second * n, tag, value + n, quality "
        "from readings, range(1, 60) r(n)"
    )
    site.set_sources(site.build_source(quality_column="quality", chunk_h=6))
    command = [sys.executable, "-c", FETCH, str(site.project.root), FIRST.isoformat(), NOON.isoformat()]
    chance, codes = random.Random(4), list[int]()
    while len(codes) < 12:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "begins\n"
        time.sleep(chance.uniform(0.2, 0.8))
        child.kill()
        child.stdout.close()
        codes.append(child.wait())
    assert codes.count(-9) > 4
    assert site.read() != site.read_source()
    subprocess.run(command, check=True)
    assert site.read() == site.read_source()
