"""The wall clock is set a day ahead or back while the service runs: swaps, limits, sessions and ages stay right."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from elc.paths import Project
from elc.service.guard.callers import Buckets
from elc.service.guard.sessions import LASTS_S, Sessions
from elc.service.versions import SwapLog
from elc.service.versions.history import find_path
from elc.settings import read_plant
from tests.unit.service.conftest import Serve, wait
from tests.unit.service.packages import ROW, write_package

DAY_S = 86_400.0
Jump = Callable[[float], None]


@pytest.fixture
def jump(monkeypatch: pytest.MonkeyPatch) -> Jump:
    """Set the wall clock so many seconds ahead; the clock that never jumps goes on."""
    real = time.time

    def set_clock(seconds: float) -> None:
        monkeypatch.setattr("time.time", lambda: real() + seconds)

    return set_clock


def find_best(client: TestClient) -> float:
    return float(client.post("/plants/fjord/predict", json={"rows": [ROW]}).json()["rows"][0]["best_gj_per_h"])


@pytest.mark.usefixtures("look_here")
@pytest.mark.parametrize("seconds", [DAY_S, -DAY_S])
def test_a_swap_bakes_as_long_as_it_should(serve: Serve, place: Project, jump: Jump, seconds: float) -> None:
    client = serve(policy="canary", canary_frac=0.0, bake_s=2.0)
    before = find_best(client)
    write_package(place.model("fjord"), offset=1.0)
    wait(lambda: "shifted" in [one.event for one in SwapLog(find_path(place)).read()])
    start = time.monotonic()
    jump(seconds)
    time.sleep(0.4)
    assert find_best(client) == before
    wait(lambda: find_best(client) == before + 1.0)
    assert time.monotonic() - start > 1.0


def test_a_client_may_ask_as_often_as_before(jump: Jump) -> None:
    buckets = Buckets(rate=0.1, burst=2)
    assert [buckets.take("dcs") for _ in range(2)] == [0.0, 0.0]
    for seconds in (DAY_S, -DAY_S):
        jump(seconds)
        assert buckets.take("dcs") == pytest.approx(10.0, abs=0.5)


def test_a_session_lasts_no_longer_than_it_may(tmp_path: Path, jump: Jump) -> None:
    sessions = Sessions(tmp_path / "session")
    cookie = sessions.sign("0123abcd").encode()
    jump(DAY_S)
    assert sessions.read(cookie) is None
    ahead = sessions.sign("0123abcd").encode()
    jump(-60.0)  # as a time server sets a clock back
    assert sessions.read(cookie) == "0123abcd"
    assert sessions.read(ahead) is None  # it would last a day longer
    jump(LASTS_S + 1)
    assert sessions.read(cookie) is None


def test_an_age_since_a_turnaround_is_never_negative(place: Project) -> None:
    plant = read_plant(place, "fjord").plant
    first = datetime.fromisoformat(plant.turnarounds[-1]).replace(tzinfo=UTC)
    ages = [plant.find_age(first + timedelta(days=days)) for days in (-1, 1)]
    assert ages[0] > 300  # of the one before
    assert 1 <= ages[1] < 2
    assert plant.find_age(datetime(1970, 1, 1, tzinfo=UTC)) is None
