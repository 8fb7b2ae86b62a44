"""Two clones of one bare Git repository, and the registry's commands run in them without a process each."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from click.testing import CliRunner, Result

from elc.cli import main
from elc.paths import Project
from tests.conftest import git


def publish(project: Project, folder: Path) -> Path:
    """Make a bare repository in a folder, which is the project's Git remote from now on."""
    git(project.root, "clone", "--quiet", "--bare", str(project.root), str(folder))
    git(project.root, "remote", "add", "origin", str(folder))
    git(project.root, "fetch", "--quiet")
    git(project.root, "branch", "--quiet", "--set-upstream-to=origin/main")
    return folder


def clone(origin: Path, folder: Path, name: str, *options: str) -> Project:
    """Clone a repository for somebody, whose e-mail address is `<name>@example.org`."""
    git(origin.parent, "clone", "--quiet", *options, str(origin), str(folder))
    for key, value in {"user.name": name.title(), "user.email": f"{name}@example.org", "gc.auto": "0"}.items():
        git(folder, "config", key, value)
    return Project(folder)


def copy_packages(source: Project, target: Project) -> None:
    """Give a clone what DVC keeps here: the cache, and the packages in the workspace."""
    shutil.copytree(source.root / ".dvc" / "cache", target.root / ".dvc" / "cache")
    shutil.copytree(source.root / "models", target.root / "models", dirs_exist_ok=True)


def follow(project: Project) -> None:
    """Bring what others did: their commits and their tags."""
    git(project.root, "fetch", "--quiet", "--tags")
    git(project.root, "pull", "--quiet", "--ff-only")


def call(project: Project, *arguments: str) -> str:
    """Run an elc command in this process, which must succeed, and return what it printed."""
    done = _invoke(project, *arguments)
    assert done.exit_code == 0, (arguments, done.output[-1500:], done.exception)
    return done.stdout


def fail(project: Project, *arguments: str) -> str:
    """Run an elc command in this process, which must fail with one sentence or more in one line, and return it."""
    done = _invoke(project, *arguments)
    assert isinstance(done.exception, SystemExit), (arguments, done.output[-1500:], done.exception)
    assert done.exit_code == 1, (arguments, done.output[-1500:])
    assert done.stdout == "", (arguments, done.stdout)
    assert done.stderr.count("\n") == 1, (arguments, done.stderr)
    return done.stderr


def _invoke(project: Project, *arguments: str) -> Result:
    with contextlib.chdir(project.root):
        return CliRunner().invoke(main, arguments)


def read_tags(root: Path) -> dict[str, str]:
    """Read all tags of a repository, and the objects that they name."""
    lines = git(root, "for-each-ref", "--format=%(refname:strip=2) %(objectname)", "refs/tags").splitlines()
    return dict(line.split() for line in lines)


def read_tree(folder: Path) -> dict[str, bytes]:
    """Read all files under a folder, hidden ones left out."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
