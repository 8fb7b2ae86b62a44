"""Which tests `make test` leaves to `make test-long`: each says why, and those of tests/unit are named here."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

TESTS = ROOT / "tests"
# Of tests/unit nothing but what starts another engine, or kills processes, is so long: all else is to be made quicker.
# What trains or floods for half a minute has a quicker sibling in the same folder.
UNITS = {
    "unit/fetch/test_fetch_day.py",
    "unit/ingest/test_engines.py",
    "unit/ingest/test_ingest_readers.py",
    "unit/library/test_library_curve.py",
    "unit/listen/test_listen_hostile.py",
    "unit/plants/test_add.py",
    "unit/projects/test_project_template.py",
    "unit/quality/test_look_ahead.py",
    "unit/repro/test_fleet.py",
    "unit/repro/test_repro.py",
    "unit/simulate/test_simulate_simulation.py",
    "unit/train/test_recency.py",
    "unit/train/test_train_fit.py",
    "unit/train/test_train_package.py",
}


def find_reasons(tree: ast.AST) -> Iterator[str]:
    """Find the reason of each mark `long`; empty where it has none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "pytest.mark.long":
            calls = (call for call in ast.walk(tree) if isinstance(call, ast.Call) and call.func is node)
            words = {word.arg: word.value for call in calls for word in call.keywords}
            reason = words.get("reason")
            yield str(reason.value) if isinstance(reason, ast.Constant) else ""


TEXTS = {path.relative_to(TESTS).as_posix(): path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py")}
# Each process of pytest reads this, so only what can hold the mark is parsed.
LONG = {name: list(find_reasons(ast.parse(text))) for name, text in sorted(TEXTS.items()) if "mark.long" in text}


@pytest.mark.parametrize("name", [name for name, reasons in LONG.items() if reasons])
def test_what_is_long_says_why(name: str) -> None:
    assert all(len(reason.split()) > 3 for reason in LONG[name])


def test_no_other_unit_test_is_long() -> None:
    assert {name for name, reasons in LONG.items() if reasons and name.startswith("unit/")} == UNITS


@pytest.mark.parametrize(
    ("code", "reasons"),
    [
        ("pytestmark = pytest.mark.slow", []),
        ("pytestmark = [pytest.mark.slow, pytest.mark.long(reason='it trains')]", ["it trains"]),
        ("@pytest.mark.long\ndef test_it(): pass", [""]),
        ("@pytest.mark.long()\ndef test_it(): pass", [""]),
    ],
)
def test_reasons_are_found(code: str, reasons: list[str]) -> None:
    assert list(find_reasons(ast.parse(code))) == reasons
