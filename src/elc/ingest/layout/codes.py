"""Which family whole-number qualities are of: each family reads the same number in another way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from elc.errors import ElcError
from elc.ingest.layout import vocabulary
from elc.ingest.layout.vocabulary import simplify
from elc.settings import Export

AVEVA = frozenset({0, 1, 16, 133})
FLAG = frozenset({0, 1})
WORDS = {
    "opc_ua": "OPC UA",
    "opc_da": "OPC DA",
    "aveva": "AVEVA, 0 is good",
    "aveva_detail": "AVEVA's QualityDetail",
    "percent": "per cent good",
    "flag": "1 is good",
}
SHOWN = 8


def is_certain(codes: Counter[int]) -> bool:
    """Tell whether the codes found leave no doubt, whatever may come later."""
    return any(_is_opc_ua(code) or 192 <= code <= 255 for code in codes)


def find_codes(codes: Counter[int], export: Export, name: str) -> str:
    """Find the family of the codes; empty where there are none, or where the entry says what each means.

    Args:
        codes: those found, and how often.
        name: of their column, which may tell.

    Raises:
        ElcError: none of the families fits, several do, or the one that was given does not.
    """
    if export.quality or not codes:
        return export.quality_codes or ""
    fitting = [family for family in WORDS if _fits(family, codes)]
    if export.quality_codes is not None:
        if export.quality_codes not in fitting:
            raise ElcError(
                f"has quality codes {list_codes(codes)}, which are not {WORDS[export.quality_codes]} "
                f"(export.quality_codes).{_build_advice(fitting)}"
            )
        return export.quality_codes
    told = vocabulary.CODES.get(simplify(name), "")
    if told in fitting or (told == "flag" and codes[0] + codes[1] > codes.total() / 2):
        return told
    likely = [family for family in fitting if _shows(family, codes)]
    if len(likely) == 1:
        return likely[0]
    raise ElcError(f"has quality codes {list_codes(codes)}, {_explain(codes)}.{_build_advice(fitting)}")


def list_codes(codes: Mapping[int, int]) -> str:
    """List codes with how often each was found, the most frequent first."""
    found = sorted(codes.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = ", ".join(f"{code} ({count:,} times)" for code, count in found[:SHOWN])
    return f"{shown} and {len(found) - SHOWN} more" if len(found) > SHOWN else shown


def _is_opc_ua(code: int) -> bool:
    return code < 0 or code >= 0x40000000


def _fits(family: str, codes: Counter[int]) -> bool:
    """Tell whether every code is one that the family may hold."""
    match family:
        case "opc_ua":  # below its upper half, a code says nothing without the bit that tells so
            return all(_is_opc_ua(code) or code == 0 or code >= 0x400 for code in codes)
        case "opc_da":
            return not any(_is_opc_ua(code) for code in codes)
        case "aveva":
            return codes.keys() <= AVEVA
        case "aveva_detail":
            return not any(_is_opc_ua(code) for code in codes)
        case "percent":
            return all(0 <= code <= 100 for code in codes)
        case _:
            return codes.keys() <= FLAG


def _shows(family: str, codes: Counter[int]) -> bool:
    """Tell whether codes were found that this family alone would write."""
    match family:
        case "opc_ua":
            return any(_is_opc_ua(code) for code in codes)
        case "opc_da":
            return any(192 <= code <= 255 for code in codes)
        case "aveva":
            return bool(codes.keys() & {16, 133})
        case "percent":
            return 100 in codes
        case _:
            return False


def _explain(codes: Counter[int]) -> str:
    if any(_is_opc_ua(code) for code in codes) and any(192 <= code <= 255 for code in codes):
        return "of both OPC UA and OPC DA"
    return "which historians read in opposite ways"


def _build_advice(fitting: list[str]) -> str:
    asked = " Say what each means, as in export.quality: {0: good, 1: bad}"
    if not fitting:
        return f"{asked}."
    which = ", ".join(f"{family} ({WORDS[family]})" for family in fitting)
    return f"{asked}, or set export.quality_codes to what fits: {which}."
