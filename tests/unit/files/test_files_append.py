"""Lines are there whole or not at all, also where several write at once."""

from __future__ import annotations

import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from elc.files import append_line


def test_line_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "notes" / "lines.jsonl"
    append_line(path, {"note": "first"}, mode=0o640)
    assert path.stat().st_mode & 0o777 == 0o640
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, former[1]))  # as on a full disk: two bytes of the line fit
    try:
        with pytest.raises(OSError, match="No space left on device"):
            append_line(path, {"note": "second"}, mode=0o640)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert path.read_text() == '{"note": "first"}\n'
    with path.open("ab") as file:
        file.write(b"half")  # of a process that was killed
    append_line(path, {"note": "third"}, mode=0o640)
    assert path.read_text() == '{"note": "first"}\nhalf\n{"note": "third"}\n'


def test_lines_of_many_writers_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: append_line(path, {"note": str(number) * 200}, mode=0o640), range(10, 50)))
    assert sorted(path.read_text().splitlines()) == [f'{{"note": "{str(number) * 200}"}}' for number in range(10, 50)]
