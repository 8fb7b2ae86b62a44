"""Qualities of readings: words, OPC UA status codes and OPC DA codes, as GOOD, UNCERTAIN or BAD."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

# Patterns, not lists: DuckDB would join a long list to every reading. "Good, Substituted" is doubted.
DOUBTED = "QUESTIONABLE|SUBSTITUTED|SUSPECT|^UNCERTAIN"
GOOD = "^GOOD|^(OK|TRUE)$"
# The digital states that a historian puts in the place of a value count as Bad, and so do other words for it.
BAD = (
    "^BAD|^(I/O TIMEOUT|UNIT DOWN|SCAN OFF|NO DATA|NO SAMPLE|COMM FAIL|NOT CONNECT|CALC FAILED|CONFIGURE|SHUTDOWN"
    "|PT CREATED|OVER RANGE|UNDER RANGE|INVALID|FAILED|ERROR|FALSE)$"
)
FLAG_WORDS = ("TRUE", "1", "YES", "T", "Y")
HEX = r"^0[xX][0-9a-fA-F]{1,8}$"


def build_quality(quality: ir.Value, codes: str) -> tuple[ir.StringValue, ir.BooleanValue]:
    """Build the quality of each reading, and whether it is one that is known; an unknown or empty one is BAD.

    `codes` says how whole numbers are meant: opc_ua, opc_da, or empty where there are none.
    """
    if not quality.type().is_string():
        if quality.type().is_boolean():
            return quality.fill_null(False).ifelse("GOOD", "BAD"), quality.notnull()
        return _build_from_code(quality.cast("int64"), codes)
    word, is_known_word = _build_from_word(quality)
    if not codes:
        # One plain comparison first: it keeps a hundred million readings of good quality cheap.
        is_plain = quality == "GOOD"
        return is_plain.ifelse("GOOD", word), is_plain.ifelse(True, is_known_word)
    clean = quality.strip()
    is_hex = clean.re_search(HEX)
    by_number, is_known_number = _build_from_code(clean.try_cast("int64"), codes)
    by_hex, is_known_hex = _build_from_hex(clean, codes)
    by_code = is_hex.ifelse(by_hex, by_number)
    is_known_code = is_hex.ifelse(is_known_hex, is_known_number)
    return is_known_word.ifelse(word, by_code), is_known_word | is_known_code


def _build_from_word(quality: ir.StringValue) -> tuple[ir.StringValue, ir.BooleanValue]:
    word = quality.strip().upper()
    found = ibis.cases(
        (word.re_search(BAD), "BAD"),
        (word.re_search(DOUBTED), "UNCERTAIN"),
        (word.re_search(GOOD), "GOOD"),
        else_=None,
    )
    return found.fill_null("BAD"), found.notnull()


def _build_from_code(code: ir.IntegerValue, codes: str) -> tuple[ir.StringValue, ir.BooleanValue]:
    if codes == "opc_da":
        found = ibis.cases(
            (code.between(192, 255), "GOOD"),
            (code.between(64, 127), "UNCERTAIN"),
            (code.between(0, 63), "BAD"),
            else_=None,
        )
    else:
        # The top two of 32 bits, signed or not.
        found = ibis.cases(
            (code.between(0, 0x3FFFFFFF), "GOOD"),
            (code.between(0x40000000, 0x7FFFFFFF), "UNCERTAIN"),
            (code.between(0x80000000, 0xBFFFFFFF) | code.between(-0x80000000, -0x40000001), "BAD"),
            else_=None,
        )
    return found.fill_null("BAD"), found.notnull()


def _build_from_hex(text: ir.StringValue, codes: str) -> tuple[ir.StringValue, ir.BooleanValue]:
    """By the first of eight digits (OPC UA) or of two (OPC DA), in which the top two bits are."""
    width, good, bad = (2, "CDEF", "0123") if codes == "opc_da" else (8, "0123", "89AB")
    digits = text.substr(2).upper()
    first = (digits.length() == width).ifelse(digits.substr(0, 1), "0")
    found = ibis.cases(
        (digits.length() > width, None),
        (first.isin(list(good)), "GOOD"),
        (first.isin(list("4567")), "UNCERTAIN"),
        (first.isin(list(bad)), "BAD"),
        else_=None,
    )
    return found.fill_null("BAD"), found.notnull()
