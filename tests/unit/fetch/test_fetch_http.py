"""An interface of one's own, as a local server answers it: pages, limits, refusals, and what makes no sense."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from elc.fetch.answers import read_retry_after
from elc.fetch.kinds import open_source
from elc.settings.fetch import HttpSource
from tests.unit.fetch.site import FIRST, NOON, Site

STEP = timedelta(hours=6)
PER_PAGE = 10
TAGS = ["FT-1", "FT-2"]
Answer = tuple[int, dict[str, str], str]


class Interface:
    """Answers a reading of each tag every six hours, ten a page; `spoil` may answer in its place."""

    def __init__(self) -> None:
        self.spoil: Callable[[str, int], Answer | None] = lambda _path, _number: None
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._build_handler())
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, path: str) -> Answer:
        self.asked.append(path)
        return self.spoil(path, len(self.asked)) or self._answer(path)

    def _answer(self, path: str) -> Answer:
        if path == "/tags":
            rows: list[dict[str, Any]] = [{"name": tag, "unit": "t/h", "description": "Feed"} for tag in TAGS]
            return 200, {}, json.dumps({"data": {"rows": rows}})
        asked = {key: values[0] for key, values in parse_qs(urlsplit(path).query).items()}
        if asked["tag"] not in TAGS:
            return 404, {}, "no such tag"
        start, end = (datetime.fromisoformat(asked[key]) for key in ("from", "to"))
        moments = [moment for moment in build_moments() if start <= moment < end]
        place = int(asked.get("place", 0))
        rows = [{"at": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "v": {"x": 1.5}, "q": "Good"} for moment in moments]
        more = f"{path.partition('&place')[0]}&place={place + PER_PAGE}" if place + PER_PAGE < len(rows) else None
        return 200, {}, json.dumps({"data": {"rows": rows[place : place + PER_PAGE]}, "next": more})

    def _build_handler(self) -> type[BaseHTTPRequestHandler]:
        interface = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                interface.tokens.add(self.headers["Authorization"])
                status, headers, text = interface.answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002
                pass

        return Handler


def build_moments() -> list[datetime]:
    return [FIRST + place * STEP for place in range(int((NOON - FIRST) / STEP) + 1)]


@pytest.fixture
def interface() -> Iterator[Interface]:
    made = Interface()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def source(site: Site, interface: Interface, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The keys of a source that reads the interface, which are those of the plant."""
    monkeypatch.setenv("ELC_API_TOKEN", "dåd".encode().hex())
    keys = {
        "kind": "http",
        "url": f"{interface.url}/readings?tag={{tag}}&from={{start}}&to={{end}}",
        "headers": {"Authorization": "Bearer {ELC_API_TOKEN}"},
        "rows": "data.rows",
        "time": "at",
        "value": "v.x",
        "quality_path": "q",
        "next": "next",
        "tags": {tag: tag for tag in TAGS},
    }
    site.set_sources(keys)
    return keys


def test_pages_are_followed_to_the_last(site: Site, interface: Interface, source: dict[str, Any]) -> None:
    assert not site.fetch(NOON + timedelta(minutes=1), since=FIRST).failures
    expected = [(moment, tag, 1.5, "GOOD") for tag in TAGS for moment in build_moments()]
    assert site.read() == expected
    assert interface.tokens == {f"Bearer {'dåd'.encode().hex()}"}
    assert any("place=10" in path for path in interface.asked)
    assert source["next"] == "next"


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.usefixtures("source")
def test_what_fails_in_mid_page_is_asked_again(site: Site, interface: Interface, status: int) -> None:
    interface.spoil = lambda _, number: (status, {"Retry-After": "0"}, "busy") if number == 2 else None
    assert not site.fetch(NOON + timedelta(minutes=1), since=FIRST).failures
    assert len(site.read()) == len(TAGS) * len(build_moments())


@pytest.mark.usefixtures("source")
def test_a_server_that_stays_down_is_told_and_what_came_before_is_kept(site: Site, interface: Interface) -> None:
    interface.spoil = lambda _, number: (502, {}, "bad gateway") if number > 1 else None
    (failure,) = site.fetch(NOON + timedelta(minutes=1), since=FIRST).failures
    assert failure == (
        "plant fjord: source http: answered 502 (bad gateway), expected readings. It is asked again; if this lasts, "
        "ask who runs it, or set requests_per_min."
    )
    assert len(site.read()) == PER_PAGE
    interface.spoil = lambda _path, _number: None
    site.fetch(NOON + timedelta(minutes=1), since=FIRST)
    assert len(site.read()) == len(TAGS) * len(build_moments())


@pytest.mark.usefixtures("source")
def test_a_server_that_wants_to_be_left_alone_for_long_is_left_to_the_next_run(
    site: Site, interface: Interface
) -> None:
    interface.spoil = lambda _path, _number: (429, {"Retry-After": "3600"}, "")
    assert site.fetch(since=FIRST).failures
    assert len(interface.asked) == 1


@pytest.mark.parametrize(
    ("answer", "keys", "said"),
    [
        ((401, {}, ""), {}, "answered 401, expected that this user may read. Check the secret"),
        ((403, {}, "no"), {}, r"answered 403 \(no\), expected that this user may read"),
        ((302, {"Location": "/login"}, ""), {}, "answered 302, expected readings. Check url"),
        ((200, {}, "<html>"), {}, "answered '<html>', expected json. Correct url or format"),
        ((200, {}, '{"items": []}'), {}, r"answered without data.rows \(.*\), expected rows there"),
        ((200, {}, '{"data": {"rows": [{"t": 1}]}}'), {}, "answered rows without at .* expected the time there"),
        (
            (200, {}, '{"data": {"rows": []}, "next": "http://127.0.0.2/x"}'),
            {},
            r"names a next page on another server \(127.0.0.2\), expected its own",
        ),
        ((200, {}, "{}"), {"headers": {"Authorization": "{ELC_NOWHERE}"}}, "the secret ELC_NOWHERE was found neither"),
    ],
)
def test_what_cannot_be_used_is_said_at_once(
    site: Site, interface: Interface, source: dict[str, Any], answer: Answer, keys: dict[str, Any], said: str
) -> None:
    site.set_sources(source | keys)
    interface.spoil = lambda _path, _number: answer
    (failure,) = site.fetch(since=FIRST).failures
    assert failure.startswith("plant fjord: source http: ")
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(failure)
    assert len(interface.asked) <= 1


def test_a_tag_that_is_not_there_stops_no_other(site: Site, source: dict[str, Any]) -> None:
    site.set_sources(source | {"tags": {"FT-1": "FT-1", "FT-9": "renamed"}})
    assert not site.fetch(NOON + timedelta(minutes=1), since=FIRST).failures
    assert {row[1] for row in site.read()} == {"FT-1"}
    assert [(fault.kind, fault.tag) for fault in site.faults] == [("unknown", "FT-9")]


def test_csv_with_times_in_seconds(site: Site, interface: Interface, source: dict[str, Any]) -> None:
    keys = {"format": "csv", "rows": "", "value": "v", "time_form": "unix_s", "quality_path": None, "next": None}
    site.set_sources(source | keys | {"tags": {"FT-1": "FT-1"}})
    interface.spoil = lambda _path, _number: (200, {}, f"at,v\n{FIRST.timestamp():.0f},2.5\nnever,3\n")
    site.fetch(FIRST + STEP, since=FIRST)
    assert site.read() == [(FIRST, "FT-1", 2.5, "GOOD")]
    assert [(fault.kind, fault.example) for fault in site.faults] == [("time", "3")]
    assert f"from={FIRST.timestamp():.0f}" in interface.asked[0]


def test_its_tags_are_listed_with_units(interface: Interface, source: dict[str, Any]) -> None:
    settings = HttpSource(**(source | {"list_url": f"{interface.url}/tags"}))
    found = list(open_source(settings, "draft").find("*-2"))
    assert [(tag.name, tag.unit, tag.description) for tag in found] == [("FT-2", "t/h", "Feed")]


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7.0), ("Tue, 09 Jun 2026 12:01:00 GMT", 60.0), ("soon", None), ("", None)]
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert read_retry_after(text, now=NOON.astimezone(UTC)) == seconds
