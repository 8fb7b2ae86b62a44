"""Readings in JSON: every form that is taken, and the words for what is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elc.listen.json_form import read_json
from elc.listen.model import Reading

NOON = 1_781_956_800_000_000
TIME = "2026-06-20T12:00:00Z"


def read(content: object, codes: str | None = None) -> tuple[list[Reading], list[str]]:
    payload = content if isinstance(content, bytes) else orjson.dumps(content)
    readings, rejects = read_json(payload, tag="FT1", codes=codes, origin="site/FT1")
    return readings, [reject.reason for reject in rejects]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"tag": "A", "time": TIME, "value": 1}, [Reading("A", NOON, 1.0, "GOOD")]),
        ({"time": "2026-06-20T14:00:00+02:00", "value": 1.5}, [Reading("FT1", NOON, 1.5, "GOOD")]),
        ({"timestamp": NOON // 1000, "value": 1, "quality": "bad"}, [Reading("FT1", NOON, 1.0, "BAD")]),
        ({"time": TIME, "value": None}, [Reading("FT1", NOON, None, "BAD")]),
        (
            {"time": TIME, "A": 1, "B": 2, "quality": "Uncertain"},
            [Reading("A", NOON, 1.0, "UNCERTAIN"), Reading("B", NOON, 2.0, "UNCERTAIN")],
        ),
        (
            [{"tag": "A", "time": TIME, "value": 1}, {"tag": "B", "time": TIME, "value": 2}],
            [Reading("A", NOON, 1.0, "GOOD"), Reading("B", NOON, 2.0, "GOOD")],
        ),
    ],
)
def test_every_form_is_read(content: object, expected: list[Reading]) -> None:
    assert read(content) == (expected, [])


@pytest.mark.parametrize(
    ("quality", "codes", "expected"),
    [
        (192, "opc_da", "GOOD"),
        (0, "opc_da", "BAD"),
        (0, "opc_ua", "GOOD"),
        (0x40000000, "opc_ua", "UNCERTAIN"),
        (0x80000000, "opc_ua", "BAD"),
        ("Good, Substituted", None, "UNCERTAIN"),
        ("Good, Local Override", None, "GOOD"),
        ("GoodClamped", None, "GOOD"),
        ("UncertainLastUsableValue", None, "UNCERTAIN"),
        ("BadNoCommunication", None, "BAD"),
        ("bad - comm failure", None, "BAD"),
        (False, None, "BAD"),
    ],
)
def test_qualities_are_words_or_codes(quality: Any, codes: str | None, expected: str) -> None:
    readings, _ = read({"time": TIME, "value": 1, "quality": quality}, codes)
    assert [reading.quality for reading in readings] == [expected]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{broken", "is not valid JSON"),
        (b'{"time": 1e400, "value": 1}', "is not valid JSON"),
        (3, "is not an object with time and value"),
        ({"time": TIME, "value": "48,2"}, "value '48,2' is not a number"),
        ({"value": 1}, "has no time; expected ISO 8601 with a zone, or milliseconds since 1970"),
        ({"time": "2026-06-20T12:00:00", "value": 1}, "has no zone; write it as in 2026-06-20T12:00:00Z"),
        ({"time": "noon", "value": 1}, "time 'noon' is not ISO 8601"),
        ({"time": 1e300, "value": 1}, "is out of range"),
        ({"time": TIME}, "has no value"),
        ({"tag": 7, "time": TIME, "value": 1}, "has no tag"),
        ({"time": TIME, "value": 1, "quality": "fine"}, "quality 'fine' is unknown; expected GOOD, UNCERTAIN or BAD"),
        ({"time": TIME, "value": True}, "value 'true' is not a number"),
        ({"time": TIME, "value": [[]] * 9}, "value of the kind list is not a number"),
        *(
            ({"time": TIME, "value": 1, "quality": word}, f"quality '{word}' is unknown")
            for word in ("GOODBYE", "Goodbye", "GoodBye", "GoodNoData", "okay", "BADGE", "uncertainly", "")
        ),
        (
            b'{"time": "2026-06-20T12:00:00Z", "A": 1, "B": ' + b"[" * 300 + b"]" * 300 + b', "tag": "A"}',
            "has no value",
        ),
        ({"time": TIME, "value": 1, "quality": 192}, "set codes to opc_da or opc_ua to tell what numbers mean"),
    ],
)
def test_what_cannot_be_read_is_said(content: object, words: str) -> None:
    readings, reasons = read(content)
    assert readings == []
    assert len(reasons) == 1
    assert words in reasons[0]


def test_one_bad_reading_leaves_the_others() -> None:
    readings, reasons = read([{"time": TIME, "value": "x"}, {"time": TIME, "value": 2}])
    assert [reading.value for reading in readings] == [2.0]
    assert reasons == ["value 'x' is not a number"]


def build_wide(members: int) -> bytes:
    """Build the message of a gateway whose times lack a zone: one object with a member a tag."""
    return orjson.dumps({"time": "2026-06-20T12:00:00", **{f"FT{number}": number for number in range(members)}})


@pytest.mark.parametrize(
    "build",
    [
        build_wide,
        lambda members: orjson.dumps([{"time": "noon", "value": 1}] * members),
        lambda members: orjson.dumps({"time": TIME, **{f"FT{number}": "high" for number in range(members)}}),
        lambda members: b"[" + b"[]," * members + b"[]]",
        lambda members: orjson.dumps({"time": TIME, "value": 1, "quality": "x" * 20 * members}),
    ],
)
def test_what_is_written_of_a_wrong_message_grows_with_its_length_alone(
    build: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = orjson.dumps, []

    def dump(content: object) -> bytes:
        written.append(real(content))
        return written[-1]

    for members in (1000, 8000):
        payload = build(members)
        with monkeypatch.context() as patch:
            patch.setattr(orjson, "dumps", dump)
            _, rejects = read_json(payload, tag="FT1", codes=None, origin="x")
        assert sum(map(len, written)) <= len(payload)
        assert sum(len(reject.content) + len(reject.reason) for reject in rejects if not reject.tag) < 100_000
        assert sum(reject.count for reject in rejects) in (1, members, members + 1)
        written.clear()


def test_what_is_told_of_a_wrong_message_is_bounded_and_counts_all() -> None:
    _, rejects = read_json(build_wide(8000), tag="x", codes=None, origin="a" * 60_000)
    assert [reject.count for reject in rejects] == [8000]
    assert "has no zone" in rejects[0].reason
    assert (len(rejects[0].content), len(rejects[0].origin)) == (2000, 200)
    _, rejects = read_json(orjson.dumps([3] * 8000), tag="x", codes=None, origin="a")
    assert (len(rejects), sum(reject.count for reject in rejects)) == (101, 8000)
    _, rejects = read_json(b"[" + b"1," * 1_100_000 + b"1]", tag="x", codes=None, origin="a")
    assert [reject.reason[:30] for reject in rejects] == ["holds more than 1,000,000 part"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["tag", "time", "value", "quality", "A"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=60) | JSON.map(orjson.dumps))
def test_no_message_breaks_the_reader(payload: bytes) -> None:
    readings, rejects = read_json(payload, tag="FT1", codes="opc_da", origin="x")
    assert all(isinstance(reading.time_us, int) and reading.quality for reading in readings)
    assert readings or rejects or orjson.loads(payload) == []
