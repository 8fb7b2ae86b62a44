"""What is kept under all that it is made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elc.files import hash_code, keep


def test_what_is_kept_is_made_once(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> list[int]:
        made.append(len(made))
        return list(made)

    path = tmp_path / "sub" / "kept.json"
    assert keep(path, ["a", b"b"], make) == [0]
    assert keep(path, ["a", b"b"], make) == [0]
    assert keep(path, ["ab", b""], make) == [0, 1]  # the same bytes, but other parts
    assert keep(path, ["a", b"b"], make) == [0, 1, 2]  # one thing is kept


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"key": 1}', "\x00"])
def test_broken_file_is_made_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kept.json"
    path.write_text(text)
    assert keep(path, ["a"], lambda: {"value": 0.1}) == {"value": 0.1}
    assert json.loads(path.read_text())["made"] == {"value": 0.1}


def test_other_code_makes_it_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept.json"
    assert keep(path, [], lambda: 1) == 1
    monkeypatch.setattr("elc.files.kept.hash_code", lambda: hash_code() + "other")
    assert keep(path, [], lambda: 2) == 2


def test_file_that_is_no_text_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_bytes(b"\xff\xfe\x00")
    assert keep(path, [], lambda: 1) == 1
