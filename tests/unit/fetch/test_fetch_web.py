"""PI Web API and IP.21 by tagreader, against local servers: values, states, quality, pages, tags, and faults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from elc.errors import ElcError
from elc.fetch.source import AwayError, HistorianSource, RefusedError, SourceError, SourceTag
from elc.settings.fetch import Ip21Source, PiSource
from tests.unit.fetch.historians import START, Historian, Ip21Server, PiServer, build_item, serve

pytest.importorskip("tagreader", reason="the extra pi is not installed")
WHERE = "plant fjord: source pi"
END = START + timedelta(days=1)
SYSTEM = {"Name": "No Data", "Value": 248, "IsSystem": True}


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELC_PI_PASSWORD", "right")
    monkeypatch.setenv("ELC_IP21_PASSWORD", "right")
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def pi() -> Iterator[PiServer]:
    made = PiServer(points={"FT101": ("t/h", "feed"), "XV7": ("", "valve"), "EMPTY": ("", "")})
    with serve(made, "/piwebapi"):
        yield made


@pytest.fixture
def ip21() -> Iterator[Ip21Server]:
    made = Ip21Server(points={"FT101": ("t/h", "feed")})
    with serve(made, "/AtProcessDataREST.dll"):
        yield made


def open_kind(historian: Historian, **keys: Any) -> HistorianSource:
    common = {"url": historian.url, "auth": "basic", "user": "elc", "timeout_s": 5.0, **keys}
    if isinstance(historian, PiServer):
        from elc.fetch import pi

        return pi.open_source(PiSource.model_validate({"kind": "pi", "server": "PI1", **common}), WHERE)
    from elc.fetch import ip21

    return ip21.open_source(Ip21Source.model_validate({"kind": "ip21", "server": "IP1", **common}), WHERE)


def read(source: HistorianSource, *tags: str) -> tuple[list[tuple[Any, ...]], list[Any]]:
    """Read all pages: rows of tag, seconds after the start, value and quality; and the faults."""
    pages = list(source.read(tags, START, END))
    rows = [row for page in pages for row in page.readings.to_pylist()]
    shown = [(row["tag"], (row["time"] - START).total_seconds(), row["value"], row["quality"]) for row in rows]
    return shown, [fault for page in pages for fault in page.faults]


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def test_pi_keeps_values_states_and_quality(pi: PiServer) -> None:
    pi.values["FT101"] = [
        build_item("2026-06-20T00:00:00.1234567Z", 1.5),
        build_item(at(60), 2, Questionable=True),
        build_item(at(120), 3.0, Good=False),
        build_item(at(180), SYSTEM, Good=False),
        build_item(at(240), "4.5"),
        build_item(at(300), "Bad"),
    ]
    pi.values["XV7"] = [build_item(at(30), {"Name": "OPEN", "Value": 1, "IsSystem": False})]
    rows, faults = read(open_kind(pi), "FT101", "XV7", "EMPTY", "GONE")
    expected = [(1.5, "GOOD"), (2.0, "UNCERTAIN"), (3.0, "BAD"), (None, "BAD"), (4.5, "GOOD"), (None, "BAD")]
    assert [row[2:] for row in rows if row[0] == "FT101"] == expected
    assert rows[0][1] == pytest.approx(0.123456)
    assert [row for row in rows if row[0] == "XV7"] == [("XV7", 30.0, 1.0, "GOOD")]
    kinds = {(fault.tag, fault.kind, fault.example) for fault in faults}
    assert kinds == {("GONE", "unknown", "PI Point not found 'GONE'."), ("FT101", "text", "Bad")}
    assert pi.headers[0]["Authorization"].startswith("Basic ")


def test_pi_reads_a_long_history_page_by_page(pi: PiServer) -> None:
    pi.values["FT101"] = [build_item(at(second / 2), float(second)) for second in range(25)]
    pi.values["XV7"] = [build_item(at(5), 1.0)]
    rows, _ = read(open_kind(pi, page_rows=10), "FT101", "XV7")
    assert {row[2] for row in rows if row[0] == "FT101"} == set(map(float, range(25)))
    paths = [path.rpartition("/piwebapi/")[2] for path, _ in pi.asked]
    assert paths == ["points/multiple", "streamsets/recorded", "streams/P10/recorded", "streams/P10/recorded"]


def test_pi_says_that_a_page_is_too_small(pi: PiServer) -> None:
    pi.values["FT101"] = [build_item(at(5), float(value)) for value in range(20)]
    with pytest.raises(SourceError, match=r"tag FT101 has 10 readings or more at .*Raise page_rows\."):
        read(open_kind(pi, page_rows=10), "FT101")


def test_pi_asks_for_twenty_tags_at_once_and_knows_their_ids_later(pi: PiServer) -> None:
    pi.points = {f"T{place}": ("", "") for place in range(25)}
    source = open_kind(pi)
    read(source, *pi.points)
    assert [len(query.get("path", query.get("webId", []))) for _, query in pi.asked] == [20, 20, 5, 5]
    read(source, "T3")
    assert len(pi.asked) == 5


@pytest.mark.parametrize("half", ["WebException", "Errors"])
def test_pi_asks_again_for_what_broke_off_in_mid_page(pi: PiServer, half: str) -> None:
    broken = {"StatusCode": 500, "Errors": ["timed out"]}
    item = {"WebId": "P10", "Items": [{"Timestamp": at(1), "Value": None, "Errors": [{"Message": "timed out"}]}]}
    content = {"Items": [], "WebException": broken} if half == "WebException" else {"Items": [item]}
    pi.faults = [None, (200, {}, content)]
    with pytest.raises(AwayError, match=r"the answer ends in an error \(.*timed out.*expected whole pages"):
        read(open_kind(pi), "FT101")


def test_pi_goes_on_where_one_stream_is_refused(pi: PiServer) -> None:
    streams = [{"WebId": "P10", "Errors": ["no read access"]}, {"WebId": "P11", "Items": [build_item(at(1), 2.0)]}]
    pi.faults = [None, (200, {}, {"Items": streams})]
    rows, faults = read(open_kind(pi), "FT101", "XV7")
    assert rows == [("XV7", 1.0, 2.0, "GOOD")]
    assert [(fault.tag, fault.kind) for fault in faults] == [("FT101", "refused")]


def test_pi_lists_tags_page_by_page(pi: PiServer) -> None:
    pi.points |= {f"T{place}": ("bar", f"text {place}") for place in range(1500)}
    found = list(open_kind(pi).find("T*"))
    assert len(found) == 1500
    assert found[-1] == SourceTag("T1499", "bar", "text 1499")
    assert list(open_kind(pi).find("FT*")) == [SourceTag("FT101", "t/h", "feed")]


def test_ip21_keeps_values_and_levels_and_pages(ip21: Ip21Server) -> None:
    first = int(START.timestamp() * 1000)
    levels = [0, 1, 2, 4, 5, 6]
    ip21.values["FT101"] = [
        {"t": first + 400 * place, "v": float(place), "l": levels[place % 6], "s": 0, "V": 0} for place in range(24)
    ]
    ip21.values["FT101"].append({"t": first + 60_000, "v": "RUNNING", "l": 0, "s": 0, "V": 0})
    rows, faults = read(open_kind(ip21, page_rows=10), "FT101", "GONE")
    qualities = ["GOOD", "UNCERTAIN", "BAD", "GOOD", "UNCERTAIN", "BAD"]
    expected = {("FT101", 0.4 * place, float(place), qualities[place % 6]) for place in range(24)}
    assert {(tag, round(second, 3), value, quality) for tag, second, value, quality in rows} == {
        *((tag, round(second, 3), value, quality) for tag, second, value, quality in expected),
        ("FT101", 60.0, None, "BAD"),
    }
    assert {(fault.tag, fault.kind, fault.example) for fault in faults} == {
        ("FT101", "text", "RUNNING"),
        ("GONE", "unknown", "Tag not found"),
    }
    assert list(open_kind(ip21).find("FT*")) == [SourceTag("FT101", "t/h", "feed")]


def test_ip21_says_that_a_page_is_too_small(ip21: Ip21Server) -> None:
    first = int(START.timestamp() * 1000)
    ip21.values["FT101"] = [{"t": first + place, "v": 1.0, "l": 0} for place in range(20)]
    with pytest.raises(SourceError, match=r"in the second 2026-06-20 00:00:00.*Raise page_rows\."):
        read(open_kind(ip21, page_rows=10), "FT101")


@pytest.mark.parametrize("kind", ["pi", "ip21"])
@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ((401, {}, {"Errors": ["sign in"]}), RefusedError, "answered 401"),
        ((403, {}, {"Message": "not for you"}), RefusedError, "answered 403"),
        ((429, {"Retry-After": "30"}, ""), AwayError, "answered 429"),
        ((500, {}, {"Errors": ["archive down"]}), AwayError, r"answered 500 \(archive down\)"),
        ((404, {}, "no such page"), SourceError, "answered 404"),
        ((200, {}, "<html>Sign in</html>"), SourceError, "cannot be read as JSON"),
        ((200, {}, {"other": 1, "Items": 3}), SourceError, "the answer holds no"),
    ],
)
def test_what_a_server_answers_is_told(
    request: pytest.FixtureRequest, kind: str, fault: Any, error: type[ElcError], words: str
) -> None:
    historian: Historian = request.getfixturevalue(kind)
    historian.faults = [fault]
    with pytest.raises(error, match=f"^{WHERE}: .*{words}") as caught:
        read(open_kind(historian), "FT101")
    assert type(caught.value) is error
    assert getattr(caught.value, "retry_after_s", None) == (30.0 if fault[0] == 429 else None)


def test_a_server_that_is_down_or_slow_is_away(pi: PiServer) -> None:
    pi.delay_s = 0.5
    with pytest.raises(AwayError, match="no answer: it did not answer in time"):
        read(open_kind(pi, timeout_s=0.1), "FT101")
    pi.url = "http://127.0.0.1:9/piwebapi"
    with pytest.raises(AwayError, match="no answer: nothing listens there"):
        read(open_kind(pi), "FT101")


def test_without_a_password_nothing_is_asked(pi: PiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ELC_PI_PASSWORD")
    with pytest.raises(RefusedError, match="the secret ELC_PI_PASSWORD was found neither"):
        open_kind(pi)
    assert pi.asked == []


@pytest.mark.parametrize("auth", ["ntlm", "kerberos"])
def test_other_ways_to_sign_in_are_those_of_the_libraries(pi: PiServer, auth: str) -> None:
    from elc.fetch.handlers import build_auth

    user = {"user": "PLANT\\elc"} if auth == "ntlm" else {}
    content = {"kind": "pi", "url": pi.url, "server": "PI1", "auth": auth, **user}
    name = type(build_auth(PiSource.model_validate(content), WHERE)).__name__
    assert name == {"ntlm": "HttpNtlmAuth", "kerberos": "HTTPKerberosAuth"}[auth]


def test_readings_at_the_border_of_a_page_are_doubled_not_lost(pi: PiServer) -> None:
    pi.values["FT101"] = [build_item(at(second), float(second)) for second in range(20)]
    rows, _ = read(open_kind(pi, page_rows=10), "FT101")
    assert {row[1] for row in rows} == set(map(float, range(20)))
    assert datetime.now(UTC) > START
