"""Columns and their values in the language of the pages: `flue O2`, `flue O2, %`, `2.10 %`."""

from __future__ import annotations

from elc.errors import ElcError
from elc.fields import LEVEL, read_label, read_name, read_unit
from elc.pages.language import format_number, say, translate


def say_label(column: str) -> str:
    """Say the quantity of a column."""
    return translate(read_label(column))


def name_column(column: str) -> str:
    """Say the quantity of a column; one whose name ends in no unit goes by that."""
    try:
        return say_label(column)
    except ElcError:
        return column


def say_name(name: str) -> str:
    """Say a column, a group of columns, or a part of a gap."""
    return translate(read_name(name))


def say_step(step: str, kind: str) -> str:
    """Say a step of `explain.build_waterfall`: best, actual, or what stands between them."""
    if kind == LEVEL:
        return say("best") if step == "best" else say("actual")
    return say_name(step)


def say_sign(column: str) -> str:
    """Say the sign of a column's unit, translated where it is a word."""
    sign = read_unit(column).sign
    return translate(sign) if sign else ""


def say_heading(column: str) -> str:
    """Say a column as a heading with its unit."""
    return f"{say_label(column)}, {say_sign(column)}".removesuffix(", ")


def say_value(value: float, column: str, *, with_unit: bool) -> str:
    """Say a value with the digits that its size deserves, as the language writes numbers."""
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    sign = say_sign(column) if with_unit else ""
    return f"{format_number(value, digits)} {sign}".rstrip()
