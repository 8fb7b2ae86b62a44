"""docs/listen.md names every line of the log, every key of the status, and the limits as they are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from elc.listen import json_form, keeper, model, reader
from elc.listen.keeper import Keeper
from elc.listen.sparkplug import message, nodes, waiting
from elc.listen.status import build_status
from elc.settings import read_settings
from tests.unit.listen.broker import ROOT, make_project

PAGE = (ROOT / "docs" / "listen.md").read_text()
NAMED = set(re.findall(r"`([a-z_]+)`", PAGE))


def find_events() -> set[str]:
    """Find the second argument of each call that writes a line of the log."""
    found = {"disconnected", "not_connected"}  # which of both is chosen when it is written
    for path in (ROOT / "src" / "elc" / "listen").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and "write_log" in call.func.id:
                event = call.args[1]
                found |= {event.value} if isinstance(event, ast.Constant) and isinstance(event.value, str) else set()
    return found


def test_every_line_of_the_log_is_named() -> None:
    assert find_events() - NAMED == set()


def test_every_key_of_the_status_is_named(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    status = build_status(Keeper(project, "fjord", read_settings(project).listen), [], lost=0, strange=0, fault="")
    assert set(type(status).model_fields) - NAMED - {"plant"} == set()


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("8 MiB", reader.MOST_BYTES == 8 << 20),
        ("a million parts", json_form.MOST_PARTS == 1_000_000),
        ("100,000 metrics", message.MOST_METRICS == 100_000),
        ("two tries", reader.TRIES == 2),
        ("64 MiB per broker", reader.MOST_WAITING_BYTES == 64 << 20),
        ("up to ten minutes and 64 MiB", (waiting.LONGEST_S, waiting.MOST_BYTES) == (600, 64 << 20)),
        ("5,000, with 400,000 names", (nodes.MOST_NODES, nodes.MOST_NAMES) == (5000, 400_000)),
        ("written | 100 |", model.MOST_SHOWN == 100),
        ("1,000, of 200 characters", (keeper.MOST_NAMES, keeper.NAME_CHARACTERS) == (1000, 200)),
    ],
)
def test_the_limits_are_those_of_the_code(words: str, value: bool) -> None:
    assert words in PAGE
    assert value
