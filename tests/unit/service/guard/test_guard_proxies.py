"""The service behind proxies: below a path, with the client that they name, and asked by probes of health."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from elc.errors import ElcError
from elc.service import guard
from elc.service.guard.sessions import find_cookies
from tests.unit.service.guard.conftest import LOG, Open, build_settings
from tests.unit.service.guard.test_guard_access import bear, check_problem

PROXIES = ["10.0.0.0/8", "fd00::1"]
FAR = "https://elc.example"


def test_paths_below_the_prefix_and_those_that_a_proxy_cut(open_door: Open, add_key: Callable[..., str]) -> None:
    key = add_key()
    door = open_door(root_path="/energy/elc")
    for path in ("/energy/elc/plants/fjord/card", "/plants/fjord/card"):
        assert door.client.get(path, headers=bear(key)).json() == {"plant": "fjord"}
        assert door.client.get(path).status_code == 401
    assert [door.client.get(path).status_code for path in ("/energy/elc/healthz", "/energy/elc/", "/energy/elc")] == [
        200,
        200,
        200,
    ]
    static = door.client.get("/energy/elc/static/page.css")
    assert (static.status_code, static.headers["cache-control"]) == (200, "max-age=600")
    for path in ("/energy/elcplants", "/energy/elc/energy/elc/plants", "/energy/plants"):
        assert door.client.get(path, headers=bear(key)).status_code == 404


def test_a_redirect_stays_below_the_prefix(open_door: Open) -> None:
    door = open_door(root_path="/elc")
    for path in ("/elc/plants/", "/plants/"):
        reply = door.client.get(path)
        assert (reply.status_code, reply.headers["location"]) == (307, "http://127.0.0.1:8010/elc/plants")


def test_what_is_written_below_a_prefix_is_audited_by_its_own_path(
    open_door: Open, add_key: Callable[..., str]
) -> None:
    key = add_key(rights=["read", "acknowledge"])
    door = open_door(root_path="/elc")
    door.client.post("/elc/plants/fjord/answers", headers=bear(key))
    door.client.post("/elc/invocations", headers=bear(key))
    (line,) = [json.loads(line) for line in door.audit().splitlines()]
    assert (line["what"], line["plant"]) == ("POST /plants/fjord/answers", "fjord")


@pytest.mark.parametrize(
    ("url", "start", "mark"),
    [("http://127.0.0.1:8010", "elc_session=", False), (FAR, "__Secure-elc_session=", True)],
)
def test_a_session_below_a_prefix_is_sent_there_alone(
    open_door: Open, add_key: Callable[..., str], url: str, start: str, mark: bool
) -> None:
    key = add_key()
    door = open_door(url, root_path="/elc", hosts=["elc.example"])
    cookie = door.client.post("/elc/session", json={"key": key}).headers["set-cookie"]
    assert cookie.startswith(start)
    assert "; Path=/elc;" in cookie
    assert ("; Secure" in cookie) is mark
    assert door.client.get("/elc/plants").json()["client"] == "dcs"
    assert "Path=/elc" in door.client.delete("/elc/session").headers["set-cookie"]
    assert door.client.get("/elc/plants").status_code == 401


def test_the_session_of_another_service_on_the_host_does_not_hide_ours(
    open_door: Open, add_key: Callable[..., str]
) -> None:
    key = add_key()
    door = open_door()
    ours = door.client.post("/session", json={"key": key}).headers["set-cookie"].partition(";")[0]
    cookies = {"Cookie": f"__Host-elc_session=3ba70dc3.1.2.x; elc_session=other; {ours}; {ours}x"}
    assert door.client.get("/plants", headers=cookies).json()["client"] == "dcs"
    assert find_cookies(b"elc_session=a; b=c; __Secure-elc_session=d;" + b"elc_session=e;" * 9) == [
        b"d",
        b"a",
        b"e",
        b"e",
    ]


def test_what_anybody_says_of_a_client_is_ignored(open_door: Open, add_key: Callable[..., str]) -> None:
    key = add_key(rights=["read", "acknowledge"])
    said = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    said |= {"X-Forwarded-Prefix": "/evil"}
    for proxies in ([], PROXIES):
        door = open_door(proxies=proxies)
        door.client.peer = "192.0.2.7"
        assert door.client.post("/plants/fjord/answers", headers=bear(key) | said).status_code == 200
        assert json.loads(door.audit().splitlines()[-1])["address"] == "192.0.2.7"
        reply = door.client.get("/plants/", headers=bear(key) | said)
        assert reply.headers["location"] == "http://127.0.0.1:8010/plants"
        assert "strict-transport-security" not in reply.headers


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("no address, 203.0.113.9, 10.1.1.1,10.2.2.2", "203.0.113.9"),
        ("10.5.5.5, 10.1.1.1", "10.5.5.5"),
        ("[2001:db8:1:2:3::9]:443", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        (None, "10.0.0.1"),
    ],
)
def test_a_named_proxy_says_who_asks(
    open_door: Open, add_key: Callable[..., str], said: str | None, address: str
) -> None:
    key = add_key(rights=["read", "acknowledge"])
    door = open_door(proxies=PROXIES)
    headers = bear(key) | ({} if said is None else {"X-Forwarded-For": said})
    for peer in ("10.0.0.1", "::ffff:10.0.0.1"):
        door.client.peer = peer
        assert door.client.post("/plants/fjord/answers", headers=headers).status_code == 200
        assert json.loads(door.audit().splitlines()[-1])["address"] == address


def test_wrong_keys_are_counted_by_the_client_that_a_proxy_names(open_door: Open, add_key: Callable[..., str]) -> None:
    add_key()
    door = open_door(proxies=PROXIES)
    door.client.peer = "fd00::1"

    def ask(address: str) -> int:
        headers = [("Authorization", "Bearer no"), ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", address)]
        return door.client.get("/plants", headers=headers).status_code

    assert [ask("203.0.113.9") for _ in range(11)] == [401] * 10 + [429]
    assert ask("203.0.113.10") == 401


def test_a_named_proxy_says_scheme_host_and_prefix(open_door: Open, add_key: Callable[..., str]) -> None:
    key = add_key()
    door = open_door("http://elc:8010", proxies=PROXIES, hosts=["elc.example"], root_path="/other")
    door.client.peer = "10.0.0.1"
    said = {"X-Forwarded-Proto": "http, https", "X-Forwarded-Host": "elc.example", "X-Forwarded-Prefix": "/elc/"}
    reply = door.client.get("/plants/", headers=bear(key) | said)
    assert reply.headers["location"] == f"{FAR}/elc/plants"
    assert reply.headers["strict-transport-security"] == "max-age=31536000"
    cookie = door.client.post("/session", json={"key": key}, headers=said | {"Origin": FAR}).headers["set-cookie"]
    assert cookie.startswith("__Secure-elc_session=")
    assert "; Path=/elc;" in cookie
    check_problem(door.client.get("/plants", headers=said | {"X-Forwarded-Host": "evil.example"}), 421, "by this name")
    check_problem(
        door.client.get("/plants", headers={"X-Forwarded-Proto": "https", "Host": "lan"}), 421, "by this name"
    )
    evil = said | bear(key) | {"Origin": "https://evil.example"}
    check_problem(door.client.post("/plants/fjord/answers", headers=evil), 403, "A page of another site")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Forwarded-For", "unknown"),
        ("X-Forwarded-For", "203.0.113.9,"),
        ("X-Forwarded-Proto", "gopher"),
        ("X-Forwarded-Prefix", "//evil.example"),
        ("X-Forwarded-Prefix", "/a/../b"),
        ("X-Forwarded-Prefix", '/"><script>'),
    ],
)
def test_what_a_named_proxy_says_and_cannot_be_read(open_door: Open, header: str, value: str) -> None:
    door = open_door(proxies=PROXIES)
    door.client.peer = "10.0.0.1"
    check_problem(door.client.get("/healthz", headers={header: value}), 400, f"A named proxy sent {header}: ")
    assert door.refused == [400]


def test_a_proxy_opens_nothing_without_keys(open_door: Open) -> None:
    door = open_door(proxies=["127.0.0.1"])
    check_problem(door.client.get("/plants"), 401, "A key is needed")
    settings, project = build_settings(proxies=["127.0.0.1"]), door.project
    with pytest.raises(ElcError, match=r"serve.proxies names proxies, through which others can ask, and no key in"):
        guard.check_start(settings, guard.KeyFile(guard.find_keys(project), LOG), project, log=LOG)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"root_path": "elc"}, "elc cannot stand before a path; write it as in /energy/elc"),
        ({"root_path": "/elc/"}, "without a slash at the end"),
        ({"root_path": "/a/../b"}, "cannot stand before a path"),
        ({"proxies": ["10.0.0.1/8"]}, "10.0.0.1/8 is not a network or an address; write it as in 10.0.0.0/8"),
        ({"proxies": ["proxy.example"]}, "is not a network or an address"),
        ({"proxies": ["0.0.0.0/0"]}, "is every address, so anyone could claim another's"),
    ],
)
def test_settings_that_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words.replace(".", r"\.")):
        build_settings(**changes)


@pytest.mark.parametrize("host", [None, "", "10.244.1.17:8010", "[fd00::17]", "127.0.0.1:8010"])
def test_a_probe_of_health_needs_no_name_of_ours(open_door: Open, host: str | None) -> None:
    door = open_door("http://elc.example", hosts=["elc.example"])
    headers = {} if host is None else {"Host": host}
    assert ask_plainly(door, "/healthz", headers) == 200
    refused = ask_plainly(door, "/plants", headers)
    assert refused == (200 if host == "127.0.0.1:8010" else 421 if host and ":" in host else 400)
    assert ask_plainly(door, "/healthz", headers | {"Origin": FAR}, method="POST") in (400, 403, 421)


def test_a_probe_by_the_name_of_another_is_refused(open_door: Open) -> None:
    door = open_door()
    check_problem(door.client.get("/healthz", headers={"Host": "evil.example"}), 421, "by this name")
    check_problem(door.client.get("/healthz", headers={"Host": "a b"}), 400, "The header Host is missing")


def ask_plainly(door: Any, path: str, headers: dict[str, str], *, method: str = "GET") -> int:
    """Ask as a client does that sends these headers and no other; give the status."""
    sent: list[Any] = []
    scope = {"type": "http", "http_version": "1.0", "method": method, "path": path, "query_string": b""}
    scope |= {"client": ("127.0.0.1", 5), "server": ("192.0.2.1", 8010), "scheme": "http"}
    scope["headers"] = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def collect(message: Any) -> None:
        sent.append(message)

    asyncio.run(door.guarded(scope, receive, collect))
    status: int = sent[0]["status"]
    return status
