"""The guard around an application: names, origins, sizes, rates, times; and the form of every answer."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elc.service.guard import middleware
from elc.service.guard.callers import Buckets, read_address
from elc.service.guard.exchange import POLICY
from elc.service.guard.keys import NOBODY
from tests.unit.service.guard.conftest import HOST, Open
from tests.unit.service.guard.test_guard_access import bear, check_problem


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8010", "127.0.0.1:1", "[::1]:8010", "elc.example", "10.9.9.9"]
)
def test_own_names_are_answered(open_door: Open, host: str) -> None:
    door = open_door("http://10.9.9.9", hosts=["ELC.example"])
    assert door.client.get("/plants", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.2", "xelc.example", "10.9.9.8"])
def test_other_names_are_not(open_door: Open, host: str) -> None:
    door = open_door("http://10.9.9.9", hosts=["elc.example"])
    check_problem(door.client.get("/plants", headers={"Host": host}), 421, "The service does not go by this name")


@pytest.mark.parametrize(
    "host", ["", "a b", "localhost/x", "user@localhost", "localhost:99999999", "::1", "localhost\t"]
)
def test_a_name_that_cannot_be_read(open_door: Open, host: str) -> None:
    check_problem(open_door().client.get("/plants", headers={"Host": host}), 400, "The header Host is missing")


@pytest.mark.parametrize("name", ["Host", "Authorization", "Content-Length", "Origin", "Cookie"])
def test_a_header_that_stands_twice(open_door: Open, name: str) -> None:
    headers = [("Host", "127.0.0.1:8010"), (name, "127.0.0.1:8010"), (name, "localhost")]
    response = open_door().client.get("/plants", headers=headers)
    check_problem(response, 400, f"A header that may stand once stands twice: {name}.")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "file://"},
        {"Origin": "ftp://127.0.0.1:8010"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_changes_nothing(open_door: Open, headers: dict[str, str]) -> None:
    door = open_door()
    for path in ("/plants/fjord/answers", "/session", "/plants/fjord/predict"):
        check_problem(door.client.post(path, headers=headers), 403, "A page of another site may not send this")
    assert door.client.get("/plants", headers=headers).status_code == 200
    assert door.audit() == ""


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        (HOST, HOST),
        ("http://localhost", "http://localhost"),
        ("http://localhost:80", "http://localhost"),
        ("https://localhost", "https://localhost:443"),
    ],
)
def test_our_own_page_may(open_door: Open, url: str, origin: str) -> None:
    headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    assert open_door(url).client.post("/plants/fjord/answers", headers=headers).json() == {"bytes": 0}


async def send_parts(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1000):
        yield b"a" * 1000


def test_a_body_may_have_so_much(open_door: Open) -> None:
    door = open_door(limits={"max_body_mib": 0.01})
    path, words = "/plants/fjord/predict", "The body of a request may have 0.01 MiB"
    assert door.client.post(path, content=b"a" * 10_000).json() == {"bytes": 10_000}
    assert door.client.post(path, content=send_parts(10_000)).json() == {"bytes": 10_000}
    check_problem(door.client.post(path, content=b"a" * 10_486), 413, words)
    check_problem(door.client.post(path, content=send_parts(11_000)), 413, words)
    assert door.refused == [413, 413]


@pytest.mark.parametrize(("length", "status"), [("-1", 400), ("1e3", 400), ("²", 400), ("9" * 400, 413)])
def test_a_length_that_is_none(open_door: Open, length: str, status: int) -> None:
    headers = {"Content-Length": length.encode()}
    assert open_door().client.post("/plants/fjord/predict", headers=headers).status_code == status


def test_a_client_may_ask_so_often(open_door: Open, add_key: Callable[..., str]) -> None:
    first, other = add_key("dcs"), add_key("mes")
    door = open_door(limits={"requests_per_s": 0.5, "burst": 3})
    states = [door.client.get("/plants", headers=bear(first)).status_code for _ in range(4)]
    assert states == [200, 200, 200, 429]
    late = door.client.get("/plants", headers=bear(first))
    check_problem(late, 429, "This client asks more often than serve.limits allows")
    assert int(late.headers["retry-after"]) == 2
    assert door.client.get("/plants", headers=bear(other)).status_code == 200
    assert [door.client.get("/healthz").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_a_bucket_fills_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("elc.service.guard.callers.time.monotonic", lambda: now[0])
    buckets = Buckets(rate=2.0, burst=2)
    assert [buckets.take("a") for _ in range(4)] == [0.0, 0.0, 0.5, 0.5]
    now[0] += 0.5
    assert [buckets.take("a") for _ in range(2)] == [0.0, 0.5]
    now[0] += 1000
    assert [buckets.take("a") for _ in range(3)] == [0.0, 0.0, 0.5]
    for number in range(5000):
        buckets.take(str(number))
    assert len(buckets._states) == 4096


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        (("192.0.2.7", 5), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 5), "2001:db8:1:2::/64"),
        (("::ffff:192.0.2.7", 5), "192.0.2.7"),
        (("fe80::1%eth0", 5), "fe80::/64"),
        (None, "unknown"),
    ],
)
def test_address(peer: tuple[str, int] | None, address: str) -> None:
    assert read_address(peer) == address


def test_a_slow_answer_ends(open_door: Open) -> None:
    door = open_door(limits={"timeout_s": 0.05})
    response = door.client.get("/dawdle")
    check_problem(response, 503, "The answer took longer than 0.05 s")
    assert response.headers["retry-after"] == "1"
    assert door.client.get("/events").text == "event: now"  # it has no end by itself


def test_a_slow_body_ends(open_door: Open) -> None:
    async def drip() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(0.3)
        yield b"b"

    response = open_door(limits={"timeout_s": 0.05}).client.post("/plants/fjord/predict", content=drip())
    check_problem(response, 408, "The request did not arrive whole within 0.05 s")
    assert response.headers["connection"] == "close"


def test_whoever_stops_the_service_still_can(open_door: Open) -> None:
    door = open_door(limits={"timeout_s": 60})

    async def stop() -> bool:
        task = asyncio.create_task(door.client._request("GET", "/dawdle", {}))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(stop())


def test_each_request_has_a_deadline_of_its_own(open_door: Open) -> None:
    door = open_door(limits={"timeout_s": 0.3})

    async def ask() -> list[int]:
        async def ask_later(path: str, wait_s: float) -> int:
            await asyncio.sleep(wait_s)
            return (await door.client._request("GET", path, {})).status_code

        paths = [("/dawdle", 0.0), ("/events", 0.0), ("/plants", 0.1), ("/dawdle", 0.2)]
        return list(await asyncio.gather(*(ask_later(*one) for one in paths)))

    assert asyncio.run(ask()) == [503, 200, 200, 503]


def test_a_failure_says_nothing_but_an_id_that_the_log_has(open_door: Open, caplog: pytest.LogCaptureFixture) -> None:
    response = open_door().client.get("/fail")
    check_problem(response, 500, "The service failed on this request")
    assert "elc/models" not in response.text
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.fields["request"] == response.headers["x-request-id"]  # type: ignore[attr-defined]
    assert record.exc_info is not None
    assert "secret /srv/elc/models/fjord" in str(record.exc_info[1])


def test_what_is_not_there_is_a_problem_too(open_door: Open) -> None:
    door = open_door()
    check_problem(door.client.get("/srv/elc"), 404, "There is nothing at this address")
    response = door.client.post("/healthz")
    check_problem(response, 405, "This address does not take this method")
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert door.client.request("HEAD", "/plants").status_code == 200


def test_every_answer_carries_the_headers(open_door: Open) -> None:
    headers = open_door().client.get("/plants").headers
    assert headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["permissions-policy"].startswith("camera=()")
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers
    assert not [name for name in headers if name.startswith("access-control")]


def test_a_write_leaves_a_line(open_door: Open, add_key: Callable[..., str]) -> None:
    key = add_key(rights=["read", "acknowledge"])
    door = open_door()
    door.client.post("/plants/fjord/answers", content=b"secret", headers=bear(key))
    door.client.post("/plants/fjord/predict", content=b"a", headers=bear(key))
    door.client.post("/plants/fjord/answers")  # refused: nothing was written
    (line,) = [json.loads(line) for line in door.audit().splitlines()]
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "client": "dcs",
        "address": "127.0.0.1",
        "what": "POST /plants/fjord/answers",
        "plant": "fjord",
        "status": 200,
    }
    assert "secret" not in door.audit()


def test_an_audit_file_that_takes_nothing_is_said(open_door: Open, caplog: pytest.LogCaptureFixture) -> None:
    door = open_door()
    (door.project.root / "data").write_text("a file in the way")
    assert door.client.post("/plants/fjord/answers").status_code == 200
    (record,) = [one for one in caplog.records if "audit file cannot be written" in one.getMessage()]
    assert record.fields["audit"]["what"] == "POST /plants/fjord/answers"  # type: ignore[attr-defined]


def test_a_flood_is_counted_and_said_once(open_door: Open, caplog: pytest.LogCaptureFixture) -> None:
    door = open_door()
    for _ in range(20):
        door.client.get("/plants", headers={"Host": "evil.example"})
    assert door.refused == [421] * 20
    assert len([one for one in caplog.records if "refused" in one.getMessage()]) == 1


def test_half_an_answer_is_not_mended(caplog: pytest.LogCaptureFixture, open_door: Open) -> None:
    async def break_off(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("in the middle")

    sent: list[Any] = []

    async def collect(message: Any) -> None:
        sent.append(message)

    log = logging.getLogger("elc.service.test")
    guarded = middleware.Guard(break_off, access=open_door().access, log=log, count=print)
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost")]}
    scope["client"] = ("127.0.0.1", 5)
    asyncio.run(guarded(scope, collect, collect))  # type: ignore[arg-type]
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert "A request failed." in caplog.text


def test_there_are_no_websockets(open_door: Open) -> None:
    sent: list[Any] = []

    async def collect(message: Any) -> None:
        sent.append(message)

    asyncio.run(open_door().guarded({"type": "websocket", "headers": []}, collect, collect))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1008}]


TEXT = st.binary(max_size=80).map(lambda raw: raw.translate(None, b"\0\r\n"))
NAMES = st.sampled_from(
    [b"host", b"origin", b"authorization", b"cookie", b"content-length", b"sec-fetch-site", b"x-forwarded-for"]
)


@pytest.fixture
def held(open_door: Open, add_key: Callable[..., str]) -> tuple[Any, str]:
    key = add_key()
    return open_door(limits={"requests_per_s": 1e9, "burst": 10**9}), key


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headers=st.lists(st.tuples(NAMES, TEXT), max_size=5),
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT", "OPTIONS", "TRACE"]),
    path=st.sampled_from(["/plants", "/session", "/metrics", "/plants/fjord/answers"]),
    body=TEXT,
)
def test_no_header_opens_or_breaks_it(
    held: tuple[Any, str], headers: list[tuple[bytes, bytes]], method: str, path: str, body: bytes
) -> None:
    door, _ = held
    request = httpx.Request(method, f"{HOST}{path}", content=body)
    given_names = {name for name, _ in headers}
    sound = [(b"host", b"127.0.0.1:8010")] if b"host" not in given_names else []
    scope = {"type": "http", "method": method, "path": path, "headers": [*sound, *headers], "query_string": b""}
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": request.content, "more_body": False}

    async def collect(message: Any) -> None:
        sent.append(message)

    asyncio.run(door.guarded(scope, receive, collect))
    status = sent[0]["status"]
    assert status < 500
    assert scope["elc.client"] is NOBODY
    if path != "/session":
        assert status in (400, 401, 403, 413, 421, 429)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutation=TEXT, place=st.integers(0, 76), cookie=st.booleans())
def test_no_changed_key_or_cookie_is_taken(held: tuple[Any, str], mutation: bytes, place: int, cookie: bool) -> None:
    door, key = held
    good = (door.access.sessions.sign(key[4:12]) if cookie else key).encode()
    changed = good[:place] + mutation + good[place + len(mutation) :]
    if changed.strip() == good:
        return
    find = door.access.sessions.read if cookie else door.access.keys.find
    assert find(changed) is None
    assert door.access.keys.find(key.encode()) is not None
