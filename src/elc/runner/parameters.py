"""The parameters of a notebook: what its `parameters` cell declares, and nothing else.

papermill itself runs a misspelt parameter's default, writes names unescaped into code, and guesses types.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat

from elc.errors import ElcError, build_nearest, check_faults

TAG = "parameters"


def read_parameters(path: Path) -> dict[str, Any]:
    """Read the names and defaults in a notebook's `parameters` cell, without running it.

    Raises:
        ElcError: there is not exactly one such cell, or it holds more than assignments of literals.
    """
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if TAG in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ElcError(f"{path.name}: found {len(cells)} cells with the tag {TAG}, expected one.")
    defaults = {}
    try:
        lines = ast.parse(cells[0].source).body
    except SyntaxError as error:
        raise ElcError(
            f"{path.name}: its parameters cell is not valid Python: {error.msg}, line {error.lineno}."
        ) from None
    for line in lines:
        try:
            if not isinstance(line, ast.Assign) or not isinstance(line.targets[0], ast.Name):
                raise ValueError
            defaults[line.targets[0].id] = ast.literal_eval(line.value)
        except ValueError:
            code = ast.unparse(line)
            raise ElcError(f"{path.name}: its parameters cell may contain literals only, found: {code}") from None
    return defaults


def check_parameters(path: Path, given: dict[str, Any]) -> dict[str, Any]:
    """Check given parameters against a notebook's own: each name is known, each value has its default's type.

    Raises:
        ElcError: a name is unknown or a value has another type (all are named).
    """
    defaults = read_parameters(path)
    faults = []
    for name, value in given.items():
        if name not in defaults:
            faults.append(f"parameter {name} is unknown: {build_nearest(name, defaults)}")
        elif type(value) is not type(defaults[name]):
            expected = type(defaults[name]).__name__
            faults.append(f"parameter {name}: found {value!r} ({type(value).__name__}), expected {expected}.")
    check_faults(f"notebook {path.name}", faults)
    return given
