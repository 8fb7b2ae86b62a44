"""Qualities: words in many spellings, and the codes of OPC UA and OPC DA by the bits that their standards give them."""

from __future__ import annotations

import ibis
import pytest

from elc.ingest.engine import connect
from elc.ingest.qualities import build_quality
from elc.settings import EngineSettings

DUCKDB = EngineSettings(name="duckdb", master="local[*]", memory_gib=0.5)


def judge(
    values: list[object], codes: str = "", kind: str = "string", given: dict[str, str] | None = None
) -> list[tuple[str, bool]]:
    """Judge values: quality and whether it is known."""
    table = ibis.memtable({"place": range(len(values)), "quality": values}, schema={"place": "int64", "quality": kind})
    quality, is_known = build_quality(table.quality, codes, given or {})
    with connect(DUCKDB, "x") as engine:
        found = engine.execute(table.select("place", q=quality, k=is_known).order_by("place"))
    return list(zip(found["q"], (bool(known) for known in found["k"]), strict=True))


@pytest.mark.parametrize(
    ("text", "quality", "is_known"),
    [
        ("GOOD", "GOOD", True),
        (" good ", "GOOD", True),
        ("Good, Annotated", "GOOD", True),
        ("GoodLocalOverride", "GOOD", True),
        ("GOOD_CLAMPED", "GOOD", True),
        ("GOODBYE", "BAD", False),
        ("GoodNoData", "BAD", False),
        ("OK", "GOOD", True),
        ("True", "GOOD", True),
        ("Good, Questionable", "UNCERTAIN", True),
        ("Substituted", "UNCERTAIN", True),
        ("UncertainLastUsableValue", "UNCERTAIN", True),
        ("Bad [Failed]", "BAD", True),
        ("Bad, Questionable", "BAD", True),
        ("I/O Timeout", "BAD", True),
        ("False", "BAD", True),
        ("Not good", "BAD", False),
        ("Tokyo", "BAD", False),
        ("192", "BAD", False),
        ("", "BAD", False),
        (None, "BAD", False),
    ],
)
def test_words(text: str | None, quality: str, is_known: bool) -> None:
    assert judge([text]) == [(quality, is_known)]


UA = {0: "GOOD", 1: "UNCERTAIN", 2: "BAD", 3: "BAD"}


@pytest.mark.parametrize("low", [0, 1, 0x0F0000, 0x3FFFFFFF])
@pytest.mark.parametrize("top", UA)
def test_opc_ua_is_told_by_the_top_two_bits(top: int, low: int) -> None:
    code = (top << 30) + low
    signed = code - (1 << 32) if code >= 1 << 31 else code
    expected = (UA[top], top != 3)
    assert judge([code, signed], "opc_ua", "int64") == [expected] * 2
    assert judge([str(code), str(signed), f"0x{code:08X}", f"0x{code:08x}"], "opc_ua") == [expected] * 4


def test_opc_da_is_told_by_bits_six_and_seven() -> None:
    expected = {0: ("BAD", True), 1: ("UNCERTAIN", True), 2: ("BAD", False), 3: ("GOOD", True)}
    codes = list(range(256))
    wanted = [expected[code >> 6] for code in codes]
    assert judge(list(codes), "opc_da", "int64") == wanted
    assert judge([str(code) for code in codes], "opc_da") == wanted
    assert judge([f"0x{code:02X}" for code in codes], "opc_da") == wanted


@pytest.mark.parametrize("codes", ["opc_ua", "opc_da"])
def test_codes_beyond_their_range_are_unknown(codes: str) -> None:
    beyond = [1 << 32, -(1 << 31) - 1]
    assert judge(list(beyond), codes, "int64") == [("BAD", False)] * 2
    assert judge([None], codes, "int64") == [("BAD", False)]


def test_words_may_stand_among_codes() -> None:
    assert judge(["192", "Bad", "Good", "Maybe", None], "opc_da") == [
        *(("GOOD", True), ("BAD", True), ("GOOD", True)),
        *(("BAD", False), ("BAD", False)),
    ]


def test_codes_with_a_fraction_of_nothing_are_whole() -> None:
    assert judge([192.0, None], "opc_da", "float64") == [("GOOD", True), ("BAD", False)]
    assert judge(["192.0"], "opc_da") == [("GOOD", True)]


def test_truth_values() -> None:
    assert judge([True, False, None], kind="boolean") == [("GOOD", True), ("BAD", True), ("BAD", False)]


@pytest.mark.parametrize(
    ("codes", "values", "expected"),
    [
        ("aveva", ["0", "1", "16", "133", "7"], ["GOOD", "BAD", "UNCERTAIN", "GOOD", "BAD"]),
        ("aveva_detail", ["192", "249", "64", "448"], ["GOOD", "BAD", "UNCERTAIN", "BAD"]),
        ("percent", ["100.0", "50", "0"], ["GOOD", "UNCERTAIN", "BAD"]),
        ("flag", ["1", "0", "2"], ["GOOD", "BAD", "BAD"]),
    ],
)
def test_families_of_vendors(codes: str, values: list[object], expected: list[str]) -> None:
    assert [quality for quality, _ in judge(values, codes)] == expected


def test_entry_says_what_words_and_codes_mean() -> None:
    given = {"100": "good", "0": "bad", "maybe": "uncertain"}
    found = judge(["100.0", "0", "Maybe", "7"], "percent", given=given)
    assert found == [("GOOD", True), ("BAD", True), ("UNCERTAIN", True), ("BAD", False)]


def test_words_of_other_languages() -> None:
    assert [quality for quality, _ in judge(["Gut", "schlecht", "Usikker", "Bueno"])] == [
        *("GOOD", "BAD", "UNCERTAIN", "GOOD"),
    ]
