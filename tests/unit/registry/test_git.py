"""Git as the registry runs it: nothing of a foreign repository runs, and what is trusted is hashed."""

from __future__ import annotations

import re
import subprocess
import zlib
from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.registry.git import find_changes, run_alone, run_git
from elc.registry.objects import read_committed
from tests.unit.registry.keys import make_repository, run

SOURCE = Path(__file__).parents[3] / "src" / "elc"
HOOKS = ("pre-push", "reference-transaction", "post-checkout", "pre-commit", "commit-msg", "post-index-change")


def set_traps(root: Path) -> Path:
    """Let a repository's own configuration run a program at whatever Git does; return the file that it would make."""
    mark, program = root.parent / "ran", root / ".git" / "trap"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    run(root, "config", "core.fsmonitor", str(program))
    for name in HOOKS:
        (root / ".git" / "hooks").mkdir(exist_ok=True)
        (root / ".git" / "hooks" / name).symlink_to(program)
    return mark


def test_nothing_of_a_foreign_repository_runs(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "plants")
    (root / "file").write_text("one")
    run(root, "add", "file")
    run(root, "commit", "--quiet", "--message", "file")
    run(tmp_path, "init", "--quiet", "--bare", "origin")
    run(root, "remote", "add", "origin", str(tmp_path / "origin"))
    mark = set_traps(root)
    (root / "file").write_text("two")
    assert find_changes(root) == ["file"]
    run_git(root, "tag", "--annotate", "--message", "it", "fjord@v1.0.0")
    run_git(root, "push", "origin", "refs/tags/fjord@v1.0.0")
    assert run_alone(root, "status").returncode == 0
    assert not mark.exists()
    subprocess.run(["git", "status"], cwd=root, capture_output=True, check=True)
    assert mark.exists(), "the trap does work"


def test_git_is_run_in_one_place() -> None:
    found = [path.name for path in SOURCE.rglob("*.py") if re.search(r"[\[(]\s*\"git\",", path.read_text())]
    assert found == ["git.py"]


# Objects


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    root = make_repository(tmp_path / "plants")
    (root / "models").mkdir()
    (root / "models" / "allowed_signers").write_text("nobody\n")
    (root / "params.yaml").write_text("signed\n")
    run(root, "add", "--all")
    run(root, "commit", "--quiet", "--message", "files")
    return root


def overwrite(root: Path, name: str, other: str) -> None:
    """Put another object's bytes where a loose object lies."""
    paths = []
    for it in (name, other):
        oid = run(root, "rev-parse", it).strip()
        paths.append(root / ".git" / "objects" / oid[:2] / oid[2:])
    paths[0].chmod(0o644)
    paths[0].write_bytes(paths[1].read_bytes())


def test_a_file_is_read_as_committed(stored: Path) -> None:
    assert read_committed(stored, "HEAD", "models/allowed_signers") == "nobody\n"
    assert read_committed(stored, "HEAD", "params.yaml") == "signed\n"
    for missing in ("models/others", "models", "others/allowed_signers", "params.yaml/it"):
        assert read_committed(stored, "HEAD", missing) is None
    assert read_committed(stored, "HEAD~1", "params.yaml") is None
    assert read_committed(stored, "nowhere", "params.yaml") is None
    run(stored, "tag", "--annotate", "--message", "it", "fjord@v1.0.0")
    assert read_committed(stored, "fjord@v1.0.0", "params.yaml") == "signed\n"


@pytest.mark.parametrize(
    "name",
    ["HEAD^{commit}", "HEAD^{tree}", "HEAD:models", "HEAD:models/allowed_signers"],
    ids=["commit", "tree", "folder", "file"],
)
def test_an_object_that_was_overwritten_is_refused(stored: Path, name: str) -> None:
    """The commit, each tree on the way and the file: whichever is another one opens nothing."""
    first = run(stored, "rev-parse", "HEAD").strip()
    (stored / "models" / "allowed_signers").write_text("mallory\n")
    run(stored, "commit", "--all", "--quiet", "--message", "lax")
    other = name.replace("HEAD", run(stored, "rev-parse", "HEAD").strip(), 1)
    run(stored, "reset", "--quiet", "--hard", first)
    overwrite(stored, name, other)
    with pytest.raises(ElcError, match=r"(models/allowed_signers|HEAD): the content of \w+ .* Git's store was altered"):
        read_committed(stored, "HEAD", "models/allowed_signers")


def test_an_object_that_cannot_be_read_is_told(stored: Path) -> None:
    oid = run(stored, "rev-parse", "HEAD:params.yaml").strip()
    path = stored / ".git" / "objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    path.write_bytes(zlib.compress(b"blob 5\0it")[:-3])
    with pytest.raises(ElcError, match=r"params.yaml: (git cat-file failed in|Git's object) "):
        read_committed(stored, "HEAD", "params.yaml")
