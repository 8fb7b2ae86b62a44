"""What of a module counts for its hash, and what does not."""

from __future__ import annotations

import ast

import pytest

from elc.code.syntax import hash_syntax

MODULE = '''"""A module."""
from typing import TYPE_CHECKING
import numpy as np
if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 3.0

def find(values: list, *, is_open: bool = False):
    """Find what is below the limit."""
    if not values:
        raise ValueError(f"no values: found {values}")
    print(f"{LIMIT:{len(values)}.1f}")
    return [value for value in values if value < LIMIT]
'''
SAME = {
    "a comment": ("LIMIT = 3.0", "LIMIT = 3.0  # of the plant"),
    "a docstring": ("Find what is below the limit.", "List what lies below."),
    "the module's docstring": ('"""A module."""', '"""Another\n\nmodule."""'),
    "no docstring": ('    """Find what is below the limit."""\n', ""),
    "the words of an error": ("no values: found", "nothing in"),
    "layout": (
        "[value for value in values if value < LIMIT]",
        "[\n    value for value in values\n    if value < LIMIT\n    ]",
    ),
    "quotes": ('f"no values: found {values}"', "f'no values: found {values}'"),
    "an import for types": ("from pathlib import Path", "from pathlib import PurePath"),
}
OTHER = {
    "a number": ("LIMIT = 3.0", "LIMIT = 3.5"),
    "a kind of number": ("LIMIT = 3.0", "LIMIT = 3"),
    "a comparison": ("value < LIMIT", "value <= LIMIT"),
    "a default": ("is_open: bool = False", "is_open: bool = True"),
    "another error": ("ValueError", "KeyError"),
    "what an error tells": ("{values}", "{len(values)}"),
    "a condition": ("if not values:", "if values:"),
    "a statement less": ('    if not values:\n        raise ValueError(f"no values: found {values}")\n', ""),
    "a keyword": ("*, is_open", "is_open"),
}


def hash_text(text: str) -> str:
    return hash_syntax(ast.parse(text))


def edit(change: tuple[str, str]) -> str:
    assert MODULE.count(change[0]) == 1
    return MODULE.replace(*change)


@pytest.mark.parametrize("what", SAME)
def test_what_moves_no_number_leaves_the_hash(what: str) -> None:
    assert hash_text(edit(SAME[what])) == hash_text(MODULE)


@pytest.mark.parametrize("what", OTHER)
def test_what_may_move_a_number_changes_the_hash(what: str) -> None:
    assert hash_text(edit(OTHER[what])) != hash_text(MODULE)


def test_a_text_that_is_not_an_error_counts() -> None:
    assert hash_text('NAME = "load"') != hash_text('NAME = "loads"')


def test_the_hash_is_the_same_under_every_version_of_python() -> None:
    """What stands in dvc.lock was made by one version, and is compared by others."""
    assert hash_text(MODULE) == "d37f484a010635b005d96b1b073aa67ba88755e881adb8c7a83de6da91750f4c"
