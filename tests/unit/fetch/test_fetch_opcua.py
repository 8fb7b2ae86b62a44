"""The history of a real OPC UA server: raw values with status and time, pages, nodes without history, and outages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asyncua import ua

from elc.fetch.opcua import OpcUaHistory, open_source
from elc.fetch.source import AwayError, RefusedError, SourceTag
from elc.settings.fetch import OpcUaHistorySource
from tests.unit.fetch.opcua_history import HistoryServer, build_value

WHERE = "plant fjord: source opcua"
START = datetime(2026, 6, 20, tzinfo=UTC)
END = START + timedelta(days=1)
UNIT = "ns=2;s=FT101"


def make_server() -> HistoryServer:
    """FT101 has 25 values, one uncertain, one bad and one text; LT1 has a node but no history."""
    codes = {3: ua.StatusCodes.UncertainLastUsableValue, 4: ua.StatusCodes.BadSensorFailure}
    values = [
        build_value(
            START + timedelta(seconds=place),
            "stuck" if place == 5 else float(place),
            codes.get(place, ua.StatusCodes.Good),
        )
        for place in range(25)
    ]
    return HistoryServer({"FT101": values, "LT1": None}, {"FT101": "feed", "LT1": "level"})


@pytest.fixture(scope="module")
def history() -> Iterator[HistoryServer]:
    made = make_server()
    yield made
    made.close()


def open_history(url: str, **keys: Any) -> OpcUaHistory:
    return open_source(OpcUaHistorySource.model_validate({"kind": "opcua", "url": url, "timeout_s": 5, **keys}), WHERE)


def read(source: OpcUaHistory, *tags: str) -> tuple[list[list[tuple[Any, ...]]], list[tuple[str, str]]]:
    """Read all pages: of each the rows of seconds after the start, value and quality; and the faults."""
    pages = list(source.read(tags, START, END))
    shown = [
        [((row["time"] - START).total_seconds(), row["value"], row["quality"]) for row in page.readings.to_pylist()]
        for page in pages
    ]
    return shown, [(fault.tag, fault.kind) for page in pages for fault in page.faults]


@pytest.mark.parametrize("by", ["point", "time"])
def test_history_is_read_page_by_page_with_status(history: HistoryServer, by: str) -> None:
    """This server names a point at which it goes on where a page is full for it, and none where it is for us."""
    source = open_history(history.url, page_rows=1000 if by == "point" else 10)
    history.storage.max_history_data_response_size = 10 if by == "point" else 1000
    pages, faults = read(source, "FT101")
    source.close()
    assert list(map(len, pages)) == ([10, 10, 7] if by == "time" else [10, 10, 5])
    rows = {second: (value, quality) for page in pages for second, value, quality in page}
    assert sorted(rows) == list(map(float, range(25)))
    assert rows[1.0] == (1.0, "GOOD")
    assert rows[3.0] == (3.0, "UNCERTAIN")
    assert rows[4.0] == (4.0, "BAD")
    assert rows[5.0] == (None, "BAD")
    assert faults == [("FT101", "text")]


def test_nodes_that_are_not_there_or_have_no_history_stop_no_others(history: HistoryServer) -> None:
    source = open_history(history.url)
    pages, faults = read(source, "GONE", "ns=2;x=;y", "LT1", "ns=2;s=FT101")
    source.close()
    assert sum(map(len, pages)) == 25
    kinds = dict(faults)
    assert kinds["GONE"] == kinds["ns=2;x=;y"] == "unknown"
    assert kinds["LT1"] == "refused"


def test_nodes_are_listed_with_unit_and_name(history: HistoryServer) -> None:
    source = open_history(history.url)
    assert list(source.find("*FT*")) == [SourceTag(UNIT, "t/h", "feed")]
    assert {tag.name for tag in source.find("*")} == {UNIT, "ns=2;s=LT1"}
    source.close()


def test_a_server_that_is_down_or_goes_in_mid_page_is_away_and_read_again_later() -> None:
    history = make_server()
    source = open_history(history.url, page_rows=10)
    pages = source.read(["FT101"], START, END)
    next(pages)
    history.stop()
    with pytest.raises(AwayError, match=rf"^{WHERE}: {history.url}: "):
        list(pages)
    with pytest.raises(AwayError, match="nothing listens there"):
        list(source.read(["FT101"], START, END))
    history.start()
    assert sum(map(len, read(source, "FT101")[0])) >= 25
    source.close()
    history.close()


def test_a_user_that_is_refused_is_told_so(history: HistoryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history.server.iserver.user_manager, "get_user", lambda *_args, **_keys: None)
    source = open_history(history.url)
    with pytest.raises(RefusedError, match=r"set ELC_OPCUA_USER and ELC_OPCUA_PASSWORD .* then run elc fetch again"):
        list(source.read(["FT101"], START, END))
    source.close()
