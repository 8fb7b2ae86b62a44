"""Files and folders are replaced whole or not at all."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.files import replace_file, replace_folder


def test_file_is_replaced_and_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "new" / "card.json"
    with replace_file(path) as temporary:
        assert temporary.suffix == ".json"
        temporary.write_text("first")
    with replace_file(path) as temporary:
        temporary.write_text("second")
        assert path.read_text() == "first"
    assert path.read_text() == "second"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_file_stays_as_it_was_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text("old")

    def write_half() -> None:
        with replace_file(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("disk")

    with pytest.raises(RuntimeError, match="disk"):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_file_that_a_killed_run_left_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text("old")
    with replace_file(path) as temporary:
        temporary.write_text("half, and longer than what follows")
        left = temporary.read_text()
        name = temporary
    name.write_text(left)
    with replace_file(path) as temporary:
        assert temporary == name
        temporary.write_text("new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk_is_named_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text("old")
    words = r"card\.json: cannot be written, the disk is full \(.+\)\. What was there before is unchanged\. Make room"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(ElcError, match=words), replace_file(path) as temporary:
            temporary.write_bytes(bytes(2000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_other_faults_of_writing_keep_their_words(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replace_file(tmp_path / "card.json"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_folder_is_replaced_with_nothing_left_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "models" / "fjord"
    with replace_folder(path) as fresh:
        (fresh / "old.json").write_text("old")
    with replace_folder(path) as fresh:
        assert list(fresh.iterdir()) == []
        (fresh / "new.json").write_text("new")
        assert (path / "old.json").read_text() == "old"
    assert [file.name for file in path.iterdir()] == ["new.json"]
    assert list(path.parent.iterdir()) == [path]


def test_folder_stays_as_it_was_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "fjord"
    path.mkdir()
    (path / "old.json").write_text("old")

    def write_half() -> None:
        with replace_folder(path) as fresh:
            (fresh / "new.json").write_text("half")
            raise RuntimeError("disk")

    with pytest.raises(RuntimeError, match="disk"):
        write_half()
    assert [file.name for file in path.iterdir()] == ["old.json"]
    assert list(tmp_path.iterdir()) == [path]


def test_folder_comes_back_when_the_last_step_fails(tmp_path: Path) -> None:
    path = tmp_path / "fjord"
    path.mkdir()
    (path / "old.json").write_text("old")
    with pytest.raises(FileNotFoundError), replace_folder(path) as fresh:
        fresh.rmdir()
    assert (path / "old.json").read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_that_a_killed_run_put_aside_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "fjord"
    path.mkdir()
    (path / "old.json").write_text("old")
    with replace_folder(path) as fresh:
        new = fresh
        (fresh / "old.json").write_text("old")
    # As it is between the two renames: the former folder aside, the new one not in its place yet.
    path.rename(path.with_name(".fjord.old"))
    new.mkdir()
    (new / "half.json").write_text("half")
    with replace_folder(path) as fresh:
        assert list(fresh.iterdir()) == []
        assert (path / "old.json").read_text() == "old"
        (fresh / "new.json").write_text("new")
    assert [file.name for file in path.iterdir()] == ["new.json"]
    assert list(tmp_path.iterdir()) == [path]


def test_folder_that_was_replaced_is_not_replaced_back(tmp_path: Path) -> None:
    path = tmp_path / "fjord"
    for folder in (path, path.with_name(".fjord.old")):
        folder.mkdir()
        (folder / f"{folder.name}.json").write_text("content")
    with replace_folder(path) as fresh:
        (fresh / "new.json").write_text("new")
        assert [file.name for file in path.iterdir()] == ["fjord.json"]
    assert [file.name for file in path.iterdir()] == ["new.json"]
    assert list(tmp_path.iterdir()) == [path]
