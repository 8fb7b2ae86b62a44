"""Qualities of readings: words, and the codes of OPC and of vendors, as GOOD, UNCERTAIN or BAD."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

# Patterns, not lists: DuckDB would join a long list to every reading. "Good, Substituted" is doubted.
DOUBTED = (
    "QUESTIONABLE|SUBSTITUTED|SUSPECT|^UNCERTAIN|^(DOUBTFUL|DOUBT|UNSICHER|FRAGLICH|ZWEIFELHAFT|USIKKER|OSÄKER|TVILSOM"
    "|INCERTAIN|DOUTEUX|INCIERTO|DUDOSO|INCERTO|ONZEKER|ESTIMATED)$"
)
# The whole word, or one of the names of OPC UA that are written as one: GOODBYE and GoodNoData are not good readings.
UA_GOOD = "CASCADE|CLAMPED|EDITED|ENTRYINSERTED|ENTRYREPLACED|LOCALOVERRIDE|OVERLOAD"
GOOD = (
    f"^GOOD([^A-Z]|$)|^GOOD({UA_GOOD})$"
    "|^(OK|TRUE|VALID|GUT|GÜLTIG|GOD|GYLDIG|BRA|GILTIG|BON|BONNE|VALIDE|BUENO|BUENA|BOM|BOA|BUONO|GOED)$"
)
# The digital states that a historian puts in the place of a value count as Bad, and so do other words for it.
BAD = (
    "^BAD|^(I/O TIMEOUT|UNIT DOWN|SCAN OFF|NO DATA|NO SAMPLE|COMM FAIL|NOT CONNECT|CALC FAILED|CONFIGURE|SHUTDOWN"
    "|PT CREATED|OVER RANGE|UNDER RANGE|INVALID|FAILED|ERROR|FALSE|SCHLECHT|UNGÜLTIG|FEHLER|DÅRLIG|UGYLDIG|DÅLIG"
    "|OGILTIG|MAUVAIS|MAUVAISE|INVALIDE|MALO|MALA|RUIM|MAU|CATTIVO|SLECHT|ONGELDIG)$"
)
FLAG_WORDS = ("TRUE", "1", "YES", "T", "Y")
# From, to (both count) and meaning.
RANGES = {
    "opc_da": ((192, 255, "GOOD"), (64, 127, "UNCERTAIN"), (0, 63, "BAD")),
    # AVEVA Historian, "Viewing Quality Values and Details": the latter tells the lower byte, upper ones say more.
    "aveva": ((0, 0, "GOOD"), (1, 1, "BAD"), (16, 16, "UNCERTAIN"), (133, 133, "GOOD")),
    "aveva_detail": (
        *((192, 192, "GOOD"), (202, 202, "GOOD"), (16, 16, "UNCERTAIN"), (44, 44, "UNCERTAIN")),
        *((64, 127, "UNCERTAIN"), (150, 151, "UNCERTAIN"), (212, 212, "UNCERTAIN"), (248, 248, "UNCERTAIN")),
        *((252, 252, "UNCERTAIN"), (0, 63, "BAD"), (249, 249, "BAD"), (256, 0x3FFFFFFF, "BAD")),
    ),
    "percent": ((100, 100, "GOOD"), (1, 99, "UNCERTAIN"), (0, 0, "BAD")),
    "flag": ((1, 1, "GOOD"), (0, 0, "BAD")),
}
HEX = r"^0[xX][0-9a-fA-F]{1,8}$"


def build_quality(quality: ir.Value, codes: str, given: Mapping[str, str]) -> tuple[ir.StringValue, ir.BooleanValue]:
    """Build the quality of each reading, and whether it is one that is known; an unknown or empty one is BAD.

    `codes` says how whole numbers are meant, empty where there are none; `given` says what words and codes mean, and
    stands above all else.
    """
    if given:
        return _build_from_map(quality, given)
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


def _build_from_map(quality: ir.Value, given: Mapping[str, str]) -> tuple[ir.StringValue, ir.BooleanValue]:
    word = quality.cast("string").strip().upper().re_replace(r"[.]0+$", "")
    found = ibis.cases(*((word == name.upper(), meaning.upper()) for name, meaning in given.items()), else_=None)
    return found.fill_null("BAD"), found.notnull()


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
    if codes in RANGES:
        found = ibis.cases(*((code.between(low, high), word) for low, high, word in RANGES[codes]), else_=None)
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
