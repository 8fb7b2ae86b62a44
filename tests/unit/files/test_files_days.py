"""Parts become the file of their day; what cannot be read changes nothing. Kills are in the tests of both users."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from elc.errors import ElcError
from elc.files.days import BrokenError, DayFile, place

SCHEMA = pa.schema([pa.field("value", pa.int64(), nullable=False), pa.field("note", pa.string())])


def find_schema(_: Sequence[Path]) -> pa.Schema:
    return SCHEMA


@pytest.fixture
def day(tmp_path: Path) -> DayFile:
    path = tmp_path / "days" / "2026-06-20.parquet"
    temporary = tmp_path / "new" / ".day.parquet"
    return DayFile(path, temporary, key=b"test.parts", group_rows=4, compression="zstd", movable="data/test")


def write_part(folder: Path, name: str, values: Sequence[int]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table({"value": pa.array(values, pa.int32())}), path)
    return path


def test_parts_join_their_day_in_order_and_groups(day: DayFile, tmp_path: Path) -> None:
    parts = [write_part(tmp_path / "parts", name, values) for name, values in (("a", [1, 2, 3]), ("b", [4, 5]))]
    day.fold(day.drop_folded(parts), find_schema)
    late = write_part(tmp_path / "parts", "c", [6])
    day.fold(day.drop_folded([*parts, late]), find_schema)
    table = pq.read_table(day.path)
    assert table.to_pydict() == {"value": [1, 2, 3, 4, 5, 6], "note": [None] * 6}
    assert table.schema.equals(SCHEMA)
    with pq.ParquetFile(day.path) as file:
        assert [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)] == [4, 2]
    assert list((tmp_path / "parts").iterdir()) == []
    assert list((tmp_path / "new").iterdir()) == []


def test_part_that_is_in_the_day_already_is_not_taken_again(day: DayFile, tmp_path: Path) -> None:
    part = write_part(tmp_path / "parts", "a", [1])
    content = part.read_bytes()
    day.fold([part], find_schema)
    part.write_bytes(content)  # as after a kill before it was removed
    assert day.drop_folded([part]) == []
    assert not part.exists()


def test_what_cannot_be_read_is_named_and_changes_nothing(day: DayFile, tmp_path: Path) -> None:
    good, broken = (write_part(tmp_path / "parts", name, [1]) for name in ("a", "b"))
    broken.write_bytes(broken.read_bytes()[:40])
    with pytest.raises(BrokenError) as caught:
        day.fold([good, broken], find_schema)
    assert caught.value.path == broken
    assert not day.path.exists()
    assert sorted((tmp_path / "parts").iterdir()) == [good, broken]
    assert list((tmp_path / "new").iterdir()) == []


def test_two_file_systems_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("")
    words = (
        r"days: lies on another file system than .+, expected the same one\. Move data/test there, and leave a link\."
    )
    with (
        patch.object(Path, "replace", side_effect=OSError(18, "cross-device link")),
        pytest.raises(ElcError, match=words),
    ):
        place(tmp_path / "new", tmp_path / "days" / "day", movable="data/test")
