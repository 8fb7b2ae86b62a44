"""Formulas of the tag list: a column made of others, as `= cw_supply_degc - wet_bulb_degc`, with its units checked.

A formula comes from outside, so it is never evaluated as code: its text is parsed, and a handful of operations is
known. Temperatures are levels: their difference is one too where a column takes it, and kelvins in all else.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from elc.errors import ElcError
from elc.fields import read_unit
from elc.settings import steam
from elc.units import convert, look_up

if TYPE_CHECKING:
    from pint.util import UnitsContainer as Unit

Array = NDArray[np.float64]

MOST_LETTERS = 500  # ASSUME: a longer formula is none that somebody reads
_CONSTANT = re.compile(r"(?<![\w.])(\d+\.?\d*(?:[eE][+-]?\d+)?)\s*\[([^\[\]]*)\]")
_KNOWN = (
    "Allowed are + - * /, brackets, min(...), max(...), steam_enthalpy(bar, degC), saturated_steam_enthalpy(bar), "
    "water_enthalpy(degC), columns of the list, and numbers, with a unit as in 36.5[MJ/Nm3]"
)


@dataclass(frozen=True)
class Function:
    """What a formula may call, with the units of its arguments and of its value; without them, all have one unit."""

    work: Callable[..., Array]
    takes: tuple[str, ...] = ()
    gives: str = ""


FUNCTIONS = {
    "min": Function(lambda *values: np.asarray(np.minimum.reduce(np.broadcast_arrays(*values)))),
    "max": Function(lambda *values: np.asarray(np.maximum.reduce(np.broadcast_arrays(*values)))),
    "steam_enthalpy": Function(steam.steam_enthalpy, ("bar", "degC"), "GJ/t"),
    "saturated_steam_enthalpy": Function(steam.saturated_steam_enthalpy, ("bar",), "GJ/t"),
    "water_enthalpy": Function(steam.water_enthalpy, ("degC",), "GJ/t"),
}


@lru_cache(maxsize=1)
def _find_degree() -> Unit:
    return look_up("degC")


@lru_cache(maxsize=1)
def _find_delta() -> Unit:
    return look_up("delta_degC")


@dataclass(frozen=True)
class Formula:
    """A formula as written after its sign; `parts` are the columns that it is made of, in order."""

    text: str
    parts: tuple[str, ...]

    def build(self, columns: Mapping[str, Array]) -> Array:
        """Work out the formula for each interval; missing where a part is, or where it is divided by nothing."""
        tree, constants = _parse(self.text)
        values = {**columns, **{name: np.asarray(value, dtype=float) for name, (value, _) in constants.items()}}
        with np.errstate(all="ignore"):
            result = _work_out(tree, values)
        return np.where(np.isfinite(result), result, np.nan)


def read_formula(text: str, column: str) -> Formula:
    """Read a formula whose result has the unit of a column.

    Raises:
        ElcError: it is not a valid formula, or its units do not fit.
    """
    tree, constants = _parse(text)
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in constants]
    parts = tuple(dict.fromkeys(name for name in names if name not in FUNCTIONS))
    if not parts:
        raise ElcError(f"formula {text} does not use any column of the list.")
    units = {name: look_up(read_unit(name).expression or "-") for name in parts}
    units |= {name: look_up(unit) for name, (_, unit) in constants.items()}
    unit, goal = _find_unit(tree, units, text), look_up(read_unit(column).expression or "-")
    is_approach = unit == _find_delta() and goal == _find_degree()  # shown as a temperature
    if unit is not None and not is_approach:
        _check_unit(unit, goal, text, column)
    return Formula(text, parts)


def _check_unit(unit: Unit, goal: Unit, text: str, column: str) -> None:
    target = read_unit(column)
    factor = 1.0 if unit == goal else convert(unit, goal) if _find_degree() not in (unit, goal) else None
    if factor is None:
        actual, wanted = (str(each) or "a number" for each in (unit, goal))
        raise ElcError(f"formula {text} is in {actual}, which cannot become {wanted}, the unit of {column}.")
    if not math.isclose(factor, 1.0, rel_tol=1e-9):
        raise ElcError(
            f"formula {text} is in {unit}, of which 1 is {factor:.6g} {target.sign}, the unit of {column}. Convert "
            "its numbers to that unit."
        )


def _parse(text: str) -> tuple[ast.expr, dict[str, tuple[float, str]]]:
    """Parse a formula; numbers with a unit get names."""
    constants: dict[str, tuple[float, str]] = {}

    def name(found: re.Match[str]) -> str:
        key = f"constant_{len(constants)}"
        constants[key] = (float(found[1]), found[2].strip())
        return key

    if len(text) > MOST_LETTERS:
        raise ElcError(f"formula {text[:40]}... has {len(text)} characters, expected at most {MOST_LETTERS}.")
    try:
        tree = ast.parse(_CONSTANT.sub(name, text.strip()), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ElcError(f"formula {text} cannot be read. {_KNOWN}.") from None
    for node in ast.walk(tree):
        if not _is_known(node):
            raise ElcError(f"formula {text} holds {ast.unparse(node)[:40]}. {_KNOWN}.")
    return tree, constants


def _is_known(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
            return False
        takes = FUNCTIONS[node.func.id].takes
        return len(node.args) == len(takes) if takes else len(node.args) > 1
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float)) and not isinstance(node.value, bool) and abs(node.value) < 1e15
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        return type(node.op) in (*_OPERATIONS, ast.USub, ast.UAdd)
    return isinstance(node, (ast.Name, ast.Load, ast.operator, ast.unaryop))


def _work_out(node: ast.expr, values: Mapping[str, Array]) -> Array:
    match node:
        case ast.BinOp(left, operation, right):
            first, second = _work_out(left, values), _work_out(right, values)
            return _OPERATIONS[type(operation)](first, second)
        case ast.UnaryOp(operation, operand):
            value = _work_out(operand, values)
            return np.negative(value) if isinstance(operation, ast.USub) else value
        case ast.Call(ast.Name(function), arguments):
            return FUNCTIONS[function].work(*(_work_out(argument, values) for argument in arguments))
        case ast.Constant(value):
            return np.asarray(float(value))  # type: ignore[arg-type]
        case ast.Name(name):
            return values[name]
    raise AssertionError(node)


_OPERATIONS = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide}


def _find_unit(node: ast.expr, units: Mapping[str, Unit], text: str) -> Unit | None:
    """Find the unit of a part of a formula; None for a plain number."""
    match node:
        case ast.BinOp(left, operation, right):
            first, second = (_find_unit(side, units, text) for side in (left, right))
            if isinstance(operation, (ast.Add, ast.Sub)):
                return _add(first, second, text, is_difference=isinstance(operation, ast.Sub))
            return _multiply(first, second, text, is_product=isinstance(operation, ast.Mult))
        case ast.UnaryOp(_, operand):
            return _find_unit(operand, units, text)
        case ast.Call(ast.Name(function), arguments):
            units_of = [_find_unit(argument, units, text) for argument in arguments]
            if FUNCTIONS[function].takes:
                return _check_call(function, units_of, text)
            for other in units_of[1:]:
                _add(units_of[0], other, text, is_difference=False)
            return next((unit for unit in units_of if unit is not None), None)
        case ast.Name(name):
            return units[name]
    return None


def _check_call(function: str, found: Sequence[Unit | None], text: str) -> Unit:
    for unit, name in zip(found, FUNCTIONS[function].takes, strict=True):
        if unit != look_up(name):
            raise ElcError(f"formula {text} gives {function} {unit or 'a number'}, expected {name}.")
    return look_up(FUNCTIONS[function].gives)


def _add(first: Unit | None, second: Unit | None, text: str, *, is_difference: bool) -> Unit | None:
    """The unit of a sum: both have it; a plain number takes that of the other."""
    if first is None or second is None:
        return second if first is None else first
    if first == second:
        return _find_delta() if is_difference and first == _find_degree() else first
    if _find_degree() in (first, second) and _find_delta() in (first, second):
        return _find_degree()
    if _find_degree() in (first, second) or not math.isclose(convert(first, second) or 0.0, 1.0, rel_tol=1e-9):
        raise ElcError(f"formula {text} adds {first} and {second}. Convert them to one unit first.")
    return first


def _multiply(first: Unit | None, second: Unit | None, text: str, *, is_product: bool) -> Unit | None:
    if second is None:
        return first
    if first is None and is_product:
        return second
    if _find_degree() in (first, second):
        raise ElcError(
            f"formula {text} multiplies a temperature, whose zero is arbitrary. Use a temperature difference."
        )
    left = look_up("-") if first is None else first
    product: Unit = left * second if is_product else left / second
    return product
