"""elc keys: a key is shown once, and the file holds its hash alone."""

from __future__ import annotations

import json
import re
import shutil
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from elc.cli import main
from elc.service import guard

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.delenv("ELC_KEYS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Any:
    return CliRunner().invoke(main, ["keys", *words])


def test_from_the_first_key_to_none(folder: Path) -> None:
    assert run("list").output == "There are no keys: only this machine may send requests.\n"
    added = run("add", "control-room", "--plant", "fjord", "--right", "read", "--right", "acknowledge")
    assert re.fullmatch(r"elc_[0-9a-f]{8}_[A-Za-z0-9_-]{43}\n", added.stdout)
    assert added.stderr.startswith("This is the key of control-room. It is shown only once")
    rotated = run("rotate", "control-room", "--keep-hours", "2")
    assert "The former key stays valid for another 2 h." in rotated.stderr
    assert rotated.stdout != added.stdout
    (row,) = json.loads(run("list", "--json").stdout)
    assert (row["client"], row["plants"], row["rights"]) == ("control-room", ["fjord"], ["acknowledge", "read"])
    assert [(key["until"] is None, key["is_valid"]) for key in row["keys"]] == [(False, True), (True, True)]
    assert "control-room  plants: fjord  rights: acknowledge, read  keys: elc_" in run("list").output
    removed = run("remove", "control-room")
    assert removed.stdout == "client control-room is removed.\n"
    assert "every request is refused. To allow requests without keys, remove" in removed.stderr
    assert run("list").output == "No client has a key, so every request is refused.\n"
    lines = [json.loads(line) for line in (folder / "data/service/audit.jsonl").read_text().splitlines()]
    assert [line["what"] for line in lines] == [f"keys {word} control-room" for word in ("add", "rotate", "remove")]
    assert {line["client"][:5] for line in lines} == {"user "}


def test_no_file_holds_a_key_and_none_but_the_owner_reads_them(folder: Path) -> None:
    secret = run("add", "dcs", "--all-plants", "--right", "read").stdout.split()[-1][-20:]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in files if secret in path.read_text()]
    keys = folder / "secrets" / "keys.json"
    assert (keys.stat().st_mode & 0o777, keys.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (keys.parent / ".gitignore").read_text() == "*\n"
    assert json.loads(keys.read_text())["clients"]["dcs"]["plants"] == ["all"]


def test_the_file_may_stand_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELC_KEYS", str(folder / "elsewhere" / "clients.json"))
    assert run("add", "dcs", "--all-plants", "--right", "read").exit_code == 0
    assert (folder / "elsewhere" / "clients.json").is_file()
    assert not (folder / "secrets").exists()


@pytest.mark.parametrize(
    ("words", "code", "found"),
    [
        (["add", "x", "--right", "read"], 2, "Give --plant (once or more) or --all-plants."),
        (["add", "x", "--right", "read", "--all-plants", "--plant", "fjord"], 2, "Give --plant (once or more)"),
        (["add", "x", "--all-plants"], 2, "Missing option '--right'"),
        (["add", "x", "--right", "write", "--all-plants"], 2, "'write' is not one of 'read', 'acknowledge'"),
        (["add", "x", "--right", "read", "--plant", "fjrd"], 1, "plant fjrd is unknown: did you mean fjord?"),
        (["add", "a b", "--right", "read", "--all-plants"], 1, "a name has 1 to 64 letters"),
        (["add", "local", "--right", "read", "--all-plants"], 1, "names of the service's own; take another"),
        (["add", "x", "--right", "acknowledge", "--all-plants"], 1, "the right acknowledge needs the right read"),
        (["add", "dcs", "--right", "read", "--all-plants"], 1, "it has a key already. Run elc keys rotate dcs"),
        (["rotate", "dsc"], 1, "client dsc: it has no key: did you mean dcs?"),
        (["rotate", "dcs", "--keep-hours", "-1"], 2, "-1.0 is not in the range"),
        (["remove", "dsc"], 1, "client dsc: it has no key: did you mean dcs?"),
    ],
)
def test_what_is_refused(folder: Path, words: list[str], code: int, found: str) -> None:
    run("add", "dcs", "--all-plants", "--right", "read")
    before = (folder / "secrets" / "keys.json").read_bytes()
    done = run(*words)
    assert (done.exit_code, found in done.stderr) == (code, True), done.stderr
    assert (folder / "secrets" / "keys.json").read_bytes() == before


def test_a_place_that_cannot_be_written_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "file").touch()
    monkeypatch.setenv("ELC_KEYS", str(folder / "file" / "keys.json"))
    done = run("add", "dcs", "--all-plants", "--right", "read")
    assert done.exit_code == 1
    assert "file: secrets cannot be written there (File exists). Let this user write there" in done.stderr


def test_writers_wait_for_each_other(folder: Path) -> None:
    path = folder / "secrets" / "keys.json"

    def add(number: int) -> None:
        guard.add_client(path, f"client-{number}", plants=["all"], rights=["read"], now=datetime.now(UTC))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    book = guard.read_book(path)
    assert book is not None
    assert sorted(book.clients) == sorted(f"client-{number}" for number in range(12))
