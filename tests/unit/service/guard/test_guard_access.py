"""Who may ask: by a key, by a session, or as the user of this machine."""

from __future__ import annotations

import json
import resource
import string
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from elc.errors import ElcError
from elc.service import guard
from elc.service.guard import keys as key_file
from elc.service.guard import sessions
from tests.unit.service.guard.conftest import HOST, Open


def bear(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def check_problem(response: Any, status: int, words: str) -> None:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert words in response.json()["detail"]
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert response.headers["cache-control"] == "no-store"


def test_this_machine_needs_no_key_while_there_are_none(open_door: Open) -> None:
    door = open_door()
    assert door.client.get("/plants").json() == {"client": "local", "rights": ["read", "acknowledge"]}
    assert door.client.get("/session").json() == {
        "client": "local",
        "rights": ["read", "acknowledge"],
        "keys_needed": False,
    }
    assert door.client.post("/session", json={"key": "any"}).json()["client"] == "local"


def test_another_host_needs_a_key_even_while_there_are_none(open_door: Open) -> None:
    door = open_door("http://10.0.0.5", host="0.0.0.0")
    check_problem(door.client.get("/plants"), 401, "A key is needed")


def test_a_proxy_is_not_this_machine(open_door: Open) -> None:
    door = open_door()
    response = door.client.get("/plants", headers={"X-Forwarded-For": "203.0.113.9"})
    check_problem(response, 403, "asked through a proxy, and has no keys")


def test_a_key_opens_its_plants_alone(open_door: Open, add_key: Callable[..., str]) -> None:
    key = add_key()
    door = open_door()
    assert door.client.get("/plants", headers=bear(key)).json() == {"client": "dcs", "rights": ["read"]}
    assert door.client.get("/plants/fjord/card", headers=bear(key)).status_code == 200
    delta, unknown = (door.client.get(f"/plants/{name}/card", headers=bear(key)) for name in ("delta", "moon"))
    check_problem(delta, 404, "There is no such plant, or this key may not see it")
    assert delta.content == unknown.content
    check_problem(door.client.get("/metrics", headers=bear(key)), 403, "this needs a key with --all-plants")


def test_metrics_open_to_a_key_of_all_plants(open_door: Open, add_key: Callable[..., str]) -> None:
    key = add_key(plants=["all"])
    door = open_door()
    assert door.client.get("/metrics", headers=bear(key)).status_code == 200


@pytest.mark.parametrize("path", ["/plants", "/metrics", "/openapi.json", "/nowhere", "/plants/fjord/card"])
def test_strangers_learn_nothing(open_door: Open, add_key: Callable[..., str], path: str) -> None:
    add_key()
    door = open_door()
    response = door.client.get(path)
    check_problem(response, 401, "A key is needed")
    assert response.headers["www-authenticate"] == "Bearer"


def test_health_page_and_its_files_need_no_key(open_door: Open, add_key: Callable[..., str]) -> None:
    add_key()
    door = open_door()
    for path in ("/", "/healthz"):
        assert door.client.get(path).json() == {"client": "nobody", "rights": []}
    css = door.client.get("/static/page.css")
    assert (css.status_code, css.headers["cache-control"]) == (200, "max-age=600")


def test_a_wrong_key_is_refused_and_after_ten_is_asked_to_wait(open_door: Open, add_key: Callable[..., str]) -> None:
    key = add_key()
    door = open_door()
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    for header in (wrong, key[:20], "", "é" * 3, key + "x"):
        response = door.client.get("/plants", headers={"Authorization": f"Bearer {header}".encode()})
        check_problem(response, 401, "This key is not known")
        assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    check_problem(door.client.get("/plants", headers={"Authorization": f"Basic {key}"}), 401, "not known")
    for _ in range(4):
        door.client.get("/plants", headers=bear(wrong))
    late = door.client.get("/plants", headers=bear(wrong))
    check_problem(late, 429, "too many wrong keys")
    assert 0 < int(late.headers["retry-after"]) <= 10
    assert door.client.get("/plants", headers=bear(key)).status_code == 200  # nobody is locked out
    assert door.refused == [401] * 10 + [429]


def test_a_running_service_takes_changes(
    open_door: Open, add_key: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_file, "LOOK_S", 0.0)
    door = open_door()
    assert door.client.get("/plants").status_code == 200
    path, now = guard.find_keys(door.project), datetime.now(UTC)
    door.access.keys._next = 0
    first = add_key()
    assert door.client.get("/plants").status_code == 401
    second = guard.rotate_key(path, "dcs", keep=timedelta(hours=1), now=now)
    third = guard.rotate_key(path, "dcs", keep=timedelta(seconds=0), now=now)
    states = [door.client.get("/plants", headers=bear(key)).status_code for key in (first, second, third)]
    assert states == [401, 401, 200]
    fourth = guard.rotate_key(path, "dcs", keep=timedelta(hours=1), now=now)
    assert [door.client.get("/plants", headers=bear(key)).status_code for key in (third, fourth)] == [200, 200]
    guard.remove_client(path, "dcs")
    assert door.client.get("/plants", headers=bear(fourth)).status_code == 401


def test_a_kept_key_ends_by_itself(
    open_door: Open, add_key: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = add_key()
    door = open_door()
    guard.rotate_key(guard.find_keys(door.project), "dcs", keep=timedelta(hours=1), now=datetime.now(UTC))
    door.access.keys._next = 0
    assert door.client.get("/plants", headers=bear(key)).status_code == 200
    now = time.time()
    monkeypatch.setattr(key_file.time, "time", lambda: now + 3601)
    assert door.client.get("/plants", headers=bear(key)).status_code == 401


@pytest.mark.parametrize("damage", ["broken", "gone", "open to others"])
def test_the_last_good_keys_hold(
    open_door: Open,
    add_key: Callable[..., str],
    caplog: pytest.LogCaptureFixture,
    damage: str,
) -> None:
    key = add_key()
    door = open_door()
    path = guard.find_keys(door.project)
    if damage == "gone":
        path.unlink()
    elif damage == "broken":
        path.write_text("{")
    else:
        path.chmod(0o666)
    door.access.keys._next = 0
    assert door.client.get("/plants", headers=bear(key)).status_code == 200
    assert door.client.get("/plants").status_code == 401
    (line,) = [record.getMessage() for record in caplog.records if "last good ones hold" in record.getMessage()]
    assert str(path) in line


def test_sign_in_and_out(open_door: Open, add_key: Callable[..., str]) -> None:
    key = add_key(rights=["read", "acknowledge"])
    door = open_door()
    assert door.client.get("/session").json() == {"client": None, "rights": [], "keys_needed": True}
    response = door.client.post("/session", json={"key": key}, headers={"Origin": HOST})
    assert response.json() == {"client": "dcs", "rights": ["acknowledge", "read"], "keys_needed": True}
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("elc_session=")
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert key not in cookie
    assert door.client.get("/plants").json()["client"] == "dcs"
    assert door.client.get("/session").json()["client"] == "dcs"
    assert door.client.delete("/session").status_code == 204
    assert door.client.get("/plants").status_code == 401
    lines = [json.loads(line) for line in door.audit().splitlines()]
    assert [(line["client"], line["what"], line["status"]) for line in lines] == [
        ("dcs", "POST /session", 200),
        ("dcs", "DELETE /session", 204),
    ]
    assert key not in door.audit()


def test_over_tls_the_cookie_is_bound_to_it(open_door: Open, add_key: Callable[..., str]) -> None:
    key = add_key()
    door = open_door("https://127.0.0.1:8010")
    response = door.client.post("/session", json={"key": key})
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-elc_session=")
    assert {"Secure", "Path=/"} <= set(cookie.split("; "))
    assert response.headers["strict-transport-security"] == "max-age=31536000"
    assert door.client.get("/plants").json()["client"] == "dcs"
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "The body does not hold a key"),
        (b'{"key": 5}', 400, "The body does not hold a key"),
        (b'{"key": "a", "more": 1}', 400, "The body does not hold a key"),
        (b'{"key": "' + b"a" * 2000 + b'"}', 400, "The body does not hold a key"),
        (b'{"key": "elc_00000000_' + b"A" * 43 + b'"}', 401, "This key is not known"),
        ('{"key": "clé"}'.encode(), 401, "This key is not known"),
    ],
)
def test_sign_in_with_something_else(
    open_door: Open, add_key: Callable[..., str], body: bytes, status: int, words: str
) -> None:
    add_key()
    door = open_door()
    response = door.client.post("/session", content=body)
    check_problem(response, status, words)
    assert "set-cookie" not in response.headers
    assert door.audit().count("\n") == (status == 401)


def test_a_session_ends_with_its_time_and_with_its_key(
    open_door: Open, add_key: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = add_key()
    door = open_door()
    door.client.post("/session", json={"key": key})
    with monkeypatch.context() as patch:
        patch.setattr(sessions, "LASTS_S", -1)
        check_problem(door.client.get("/plants"), 401, "This session is over")
    assert door.client.get("/plants").status_code == 200
    guard.remove_client(guard.find_keys(door.project), "dcs")
    door.access.keys._next = 0
    check_problem(door.client.get("/plants"), 401, "This session is over, or its key was removed")


def test_a_signature_that_is_spelt_otherwise_is_not_taken(open_door: Open, add_key: Callable[..., str]) -> None:
    """The last letter of its base64 holds two bits that mean nothing, and other signs are passed over."""
    key = add_key()
    access = open_door().access
    good = access.sessions.sign(key[4:12])
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    twins = [good[:-1] + letter for letter in letters if letter != good[-1]]
    found = [access.sessions.read(one.encode()) for one in (good, *twins, good + "=", good + "!", good[:-1] + "\n")]
    assert found == [key[4:12]] + [None] * (len(twins) + 3)


def test_workers_share_sessions(open_door: Open, add_key: Callable[..., str]) -> None:
    key = add_key()
    one, other = open_door(), open_door()
    cookies = one.client.post("/session", json={"key": key}).cookies
    other.client.cookies.update(cookies)
    assert other.client.get("/plants").json()["client"] == "dcs"
    secret = one.project.root / "secrets" / "session"
    assert (secret.stat().st_mode & 0o777, secret.stat().st_size) == (0o600, 32)


def test_a_damaged_secret_of_sessions_leaves_keys_working(open_door: Open, add_key: Callable[..., str]) -> None:
    key = add_key()
    door = open_door()
    (door.project.root / "secrets" / "session").write_bytes(b"short")
    response = door.client.get("/plants", headers={"Cookie": "elc_session=a.1.b"})
    check_problem(response, 503, "Sessions do not work now")
    assert door.client.get("/plants", headers=bear(key)).status_code == 200


def test_a_full_disk_leaves_keys_working_and_says_that_sessions_do_not(
    open_door: Open, add_key: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    key = add_key()
    door = open_door()
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, former[1]))
    try:
        check_problem(door.client.post("/session", json={"key": key}), 503, "Sessions do not work now. Use a key.")
        assert door.client.get("/plants", headers=bear(key)).status_code == 200
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert "Nobody can sign in" in caplog.text
    assert "the disk is full" in caplog.text
    assert not list((door.project.root / "secrets").glob("*session*"))
    assert door.client.post("/session", json={"key": key}).status_code == 200


@pytest.mark.parametrize(
    "header",
    ["Via", "Forwarded", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Any"],
)
def test_what_any_proxy_adds_needs_a_key(open_door: Open, header: str) -> None:
    door = open_door()
    check_problem(door.client.get("/plants", headers={header: "any"}), 403, "asked through a proxy, and has no keys")


@pytest.mark.parametrize(("peer", "status"), [("127.0.0.1", 200), ("::1", 200), ("127.8.0.9", 200), ("10.1.2.3", 403)])
def test_without_keys_only_this_machine_may_ask(open_door: Open, peer: str, status: int) -> None:
    door = open_door()
    door.client.peer = peer
    assert door.client.get("/plants").status_code == status


def test_a_session_that_was_signed_out_is_over_for_every_worker(open_door: Open, add_key: Callable[..., str]) -> None:
    key = add_key()
    one, other = open_door(), open_door()
    cookie = one.client.post("/session", json={"key": key}).headers["set-cookie"].partition(";")[0]
    second = one.client.post("/session", json={"key": key}).headers["set-cookie"].partition(";")[0]
    assert cookie != second
    assert other.client.get("/plants", headers={"Cookie": cookie}).status_code == 200
    one.client.cookies.clear()
    assert one.client.request("DELETE", "/session", headers={"Cookie": cookie}).status_code == 204
    for door in (one, other, open_door()):
        door.client.cookies.clear()
        check_problem(door.client.get("/plants", headers={"Cookie": cookie}), 401, "This session is over")
        assert door.client.get("/plants", headers={"Cookie": second}).status_code == 200
    ended = one.project.root / "secrets" / "session.ended"
    assert (ended.stat().st_mode & 0o777, len(ended.read_text().split())) == (0o600, 1)


def test_what_ended_is_kept_until_it_would_be_over(
    open_door: Open, add_key: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_key()
    access = open_door().access
    identity = next(iter(access.keys._holders)).decode()
    with monkeypatch.context() as patch:
        patch.setattr(sessions, "LASTS_S", 1)
        access.sessions.end(access.sessions.sign(identity).encode())
    time.sleep(1.1)
    access.sessions.end(access.sessions.sign(identity).encode())
    assert len((access.sessions.path.with_name("session.ended")).read_text().split()) == 1
    access.sessions.end(b"no.session.at.all")
    access.sessions.path.with_name("session.ended").write_text("strange")
    with pytest.raises(ElcError, match=r"the sessions that ended cannot be read\. Remove it together with"):
        access.sessions.read(access.sessions.sign(identity).encode())
