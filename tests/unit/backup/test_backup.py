"""A backup holds what this machine alone knows, whole, while everything runs; it comes back whole or not at all."""

from __future__ import annotations

import fcntl
import io
import os
import tarfile
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from elc.backup import restore_backup, state, write, write_backup
from elc.cli import main
from elc.errors import ElcError
from elc.files import lock
from elc.hourly import run_hour
from elc.hourly.lock import hold_hourly_lock
from elc.hourly.own import find_mark
from elc.paths import Project
from tests.unit.backup.conftest import NOTES, PASSING, STATE, make_project, read_state
from tests.unit.backup.conftest import write as write_text


@pytest.fixture
def file(operated: Project, tmp_path: Path) -> Path:
    return write_backup(operated, tmp_path / "elc.tar.gz")[0]


@pytest.fixture
def other(tmp_path: Path) -> Project:
    """A fresh clone on another machine."""
    return make_project(tmp_path / "other")


def test_backup_brings_the_state_to_another_machine(
    operated: Project, other: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(operated.root)
    done = CliRunner().invoke(main, ["backup"])
    assert done.exit_code == 0, done.output
    (file,) = tmp_path.glob("plants-*Z.tar.gz")
    assert done.output.startswith(f"{file}: {len(STATE) + 1} files of ")
    assert file.stat().st_mode & 0o777 == 0o600
    monkeypatch.chdir(other.root)
    done = CliRunner().invoke(main, ["restore", str(file)])
    assert done.exit_code == 0, done.output
    assert read_state(other) == read_state(operated)
    assert state.find_files(other).keys() == {*STATE, NOTES}
    assert not [name for name in PASSING if (other.root / name).exists()]
    assert not list(other.root.rglob(".restored")) + list(other.root.rglob(".former"))
    times = [(project.root / STATE[0]).stat().st_mtime for project in (operated, other)]
    assert times[0] == pytest.approx(times[1], abs=1e-3)


def test_what_is_there_is_replaced_and_locks_stay(operated: Project, file: Path) -> None:
    before = read_state(operated)
    write_text(operated, STATE[0], "altered")
    write_text(operated, "operation/prod/data/monitor/fjord/hours.parquet", "made since")
    (operated.root / STATE[4]).unlink()
    later = max(path.stat().st_mtime for path in state.find_files(operated).values()) + 1
    os.utime(operated.root / STATE[0], (later, later))
    with pytest.raises(ElcError, match=r"are newer: operation/prod/.*\. To lose them, first keep them with elc backup"):
        restore_backup(operated, file, is_forced=False)
    assert (operated.root / STATE[0]).read_text(encoding="utf-8") == "altered"
    restore_backup(operated, file, is_forced=True)
    assert read_state(operated) == before
    assert state.find_files(operated).keys() == {*STATE, NOTES}
    assert (operated.root / "data/listen/source.broker.lock").is_file()
    restore_backup(operated, file, is_forced=False)  # what came back is no newer than the backup


def test_lines_that_are_being_written_are_whole_or_left_out(operated: Project, other: Project, tmp_path: Path) -> None:
    """A line of which half is on the disk is in no backup: it waits until whoever appends has ended."""
    notes = operated.root / NOTES
    line = notes.read_bytes()
    with notes.open("ab", buffering=0) as appending:
        lock(appending)
        appending.write(line[:10])
        thread = threading.Thread(target=write_backup, args=(operated, tmp_path / "elc.tar.gz"))
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        appending.write(line[10:])
        fcntl.flock(appending, fcntl.LOCK_UN)
        thread.join()
        appending.write(line[:10])
    restore_backup(other, tmp_path / "elc.tar.gz", is_forced=False)
    assert (other.root / NOTES).read_bytes() == 2 * line


def test_file_that_moves_while_it_is_read_is_in_the_backup_where_it_went(
    operated: Project, other: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readings are merged: a part goes into the file of its day, which was read before."""
    write_text(operated, "data/live/fjord/z/part.parquet", "late")
    add = write._add

    def merge(tar: tarfile.TarFile, name: str, path: Path) -> str:
        if name == "data/service/swaps.jsonl" and (part := operated.live("fjord") / "z" / "part.parquet").exists():
            (operated.root / STATE[4]).write_text("merged", encoding="utf-8")
            part.unlink()
        return add(tar, name, path)

    monkeypatch.setattr(write, "_add", merge)
    file, _ = write_backup(operated, tmp_path / "elc.tar.gz")
    restore_backup(other, file, is_forced=False)
    assert (other.root / STATE[4]).read_text(encoding="utf-8") == "merged"


def test_hour_and_backup_wait_for_each_other(
    operated: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "WAIT_S", 0)
    with (
        hold_hourly_lock(operated.operate("prod"), wait_s=0),
        pytest.raises(ElcError, match="another run of prod has not finished"),
    ):
        write_backup(operated, tmp_path / "elc.tar.gz")
    with state.hold_state(operated, wait_s=0), pytest.raises(ElcError, match="another run of prod has not finished"):
        run_hour(operated, [], environment="prod")
    assert not (tmp_path / "elc.tar.gz").exists()


def test_backup_that_cannot_be_made_is_told(operated: Project, tmp_path: Path) -> None:
    with pytest.raises(ElcError, match=r"lies in the state that is backed up\. Name a file elsewhere"):
        write_backup(operated, operated.place / "operation" / "elc.tar.gz")
    (tmp_path / "a file").touch()
    with pytest.raises(ElcError, match=r"elc\.tar\.gz: cannot be written .*\. Name another file\."):
        write_backup(operated, tmp_path / "a file" / "elc.tar.gz")
    with pytest.raises(ElcError, match="this machine has no state yet"):
        write_backup(make_project(tmp_path / "fresh"), tmp_path / "elc.tar.gz")


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def alter(file: Path) -> None:
    rewrite(file, {STATE[0]: b"altered"})


def add(file: Path) -> None:
    rewrite(file, {"params.yaml": b"plants: {}"})


def climb(file: Path) -> None:
    rewrite(file, {"data/live/../../params.yaml": b"plants: {}"})


def drop_list(file: Path) -> None:
    rewrite(file, {"backup.json": b""})


def fill_with_text(file: Path) -> None:
    file.write_text("no backup", encoding="utf-8")


def rewrite(file: Path, changes: dict[str, bytes]) -> None:
    """Write a backup again with other or more files before its list; an empty one is left out."""
    with tarfile.open(file) as tar:
        content = {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]
    listed = content.pop("backup.json")
    content = {**content, "backup.json": listed, **changes}
    content["backup.json"] = content.pop("backup.json")
    with tarfile.open(file, "w:gz") as tar:
        for name, it in content.items():
            if it:
                entry = tarfile.TarInfo(name)
                entry.size = len(it)
                tar.addfile(entry, io.BytesIO(it))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cut, r"is not a complete backup|cannot be restored"),
        (alter, rf"1 files are not those that its list names, the first {STATE[0]}\. Take another backup\."),
        (add, r"holds 'params\.yaml', which no backup holds"),
        (climb, r"holds 'data/live/\.\./\.\./params\.yaml', which no backup holds"),
        (drop_list, r"is cut short, its list backup\.json is missing"),
        (fill_with_text, r"is not a complete backup"),
        (Path.unlink, r"cannot be restored \(No such file or directory\)\. Nothing has changed\."),
    ],
)
def test_backup_that_is_not_whole_changes_nothing(operated: Project, file: Path, damage: object, words: str) -> None:
    write_text(operated, STATE[0], "of today")
    before = {path: path.read_bytes() for path in operated.root.rglob("*") if path.is_file()}
    damage(file)  # type: ignore[operator]
    with pytest.raises(ElcError, match=words):
        restore_backup(operated, file, is_forced=True)
    after = {path: path.read_bytes() for path in operated.root.rglob("*") if path.is_file()}
    after = {path: it for path, it in after.items() if path.name not in ("hourly.lock", ".lock")}
    assert after == {path: it for path, it in before.items() if path.name not in ("hourly.lock", ".lock")}


class Killed(BaseException): ...


@pytest.mark.parametrize("step", [0, 3, 7, 8, 11, 15])
def test_killed_restoration_is_finished_by_the_next(
    operated: Project, file: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Wherever it is killed while it renames, nobody operates what is there, and the next one ends with the backup."""
    wanted = read_state(operated)
    write_text(operated, STATE[0], "of today")
    left, rename = iter(range(step)), Path.rename

    def stop(path: Path, to: Path) -> Path:
        if next(left, None) is None:
            raise Killed
        return rename(path, to)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", stop)
        with pytest.raises(Killed):
            restore_backup(operated, file, is_forced=True)
    with pytest.raises(ElcError, match=r"^hourly: elc restore was interrupted, and the state is not whole"):
        run_hour(operated, [], environment="prod")
    with pytest.raises(ElcError, match=r"^backup: elc restore was interrupted, and the state is not whole"):
        write_backup(operated, file)
    restore_backup(operated, file, is_forced=True)
    assert read_state(operated) == wanted
    assert not find_mark(operated).exists()


def test_listener_that_runs_is_not_robbed_of_its_files(operated: Project, file: Path) -> None:
    with (operated.listen("") / "source.broker.lock").open("a") as held:
        lock(held)
        with pytest.raises(ElcError, match=r"elc listen is running \(source\.broker\.lock is held\)\. Stop it first"):
            restore_backup(operated, file, is_forced=True)


def test_what_cannot_be_moved_is_told_and_not_lost(
    operated: Project, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = read_state(operated)

    def refuse(path: Path, _: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse)
        with pytest.raises(ElcError, match=r"cannot be moved \(Permission denied\)\. Nothing is lost"):
            restore_backup(operated, file, is_forced=True)
    restore_backup(operated, file, is_forced=True)
    assert read_state(operated) == wanted
