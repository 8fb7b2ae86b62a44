"""Git, called as a command: the one place where the registry runs it."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from elc.errors import ElcError

# What could lead Git to another repository than the one that is asked for, or to other configuration.
_DIVERTING = (
    "GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE",
)  # fmt: skip
# What a repository's own configuration could let Git run, or read in place of what was asked for. Git before 2.41 takes
# `useReplaceRefs` over the environment's GIT_NO_REPLACE_OBJECTS.
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.useReplaceRefs=false")
_SHOWN = 500
_NO_REPOSITORY = "not a git repository"
# Who signs in to an address, with a password or token; `git@` is everybody.
_SECRET = re.compile(r"(?<=://)(?!git@)[^/\s'\"]+(?=@)")


def run_git(root: Path, *arguments: str, stdin: str = "", extra: Mapping[str, str] | None = None) -> str:
    """Run Git in a folder and return what it wrote; `extra` are variables of its environment.

    Raises:
        ElcError: Git is missing or failed, with the end of what it said.
    """
    done = try_git(root, *arguments, stdin=stdin, extra=extra)
    if done.returncode:
        raise ElcError(f"git {arguments[0]} failed in {root}: {shorten(done.stderr or done.stdout)}")
    return done.stdout


def try_git(
    root: Path, *arguments: str, stdin: str = "", extra: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Git in a folder; the result is not checked.

    Raises:
        ElcError: Git is missing.
    """
    environment = {key: value for key, value in os.environ.items() if key not in _DIVERTING}
    environment |= {"LC_ALL": "C.UTF-8", **(extra or {})}
    done = _run(root, arguments, stdin.encode(), environment)
    texts = (output.decode("utf-8", errors="replace") for output in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, *texts)


def run_alone(
    root: Path, *arguments: str, stdin: bytes = b"", objects: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run Git in a folder without the caller's `GIT_` variables and in UTC; the result is not checked.

    Dates of keys have no zone of their own, so UTC makes them mean the same everywhere. `objects` is a folder whose
    objects Git reads instead of the repository's (see `keep_objects`).

    Raises:
        ElcError: Git is missing.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    store = {"GIT_OBJECT_DIRECTORY": str(objects)} if objects else {}
    return _run(root, arguments, stdin, environment | {"LC_ALL": "C", "TZ": "UTC"} | store)


def _run(
    root: Path, arguments: tuple[str, ...], stdin: bytes, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    """Run Git: the one place that does, so that no call forgets what keeps a foreign repository from running things."""
    alone = {**environment, "GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", *_SAFE, *arguments]
    try:
        return subprocess.run(command, cwd=root, input=stdin, capture_output=True, env=alone, check=False)
    except FileNotFoundError:
        raise ElcError("git was not found on the PATH. Install it: the registry is kept in Git.") from None


@functools.cache
def find_git_folder(root: Path) -> Path | None:
    """Find the folder in which Git keeps the refs of a project; None where it is not a repository."""
    done = try_git(root, "rev-parse", "--path-format=absolute", "--git-common-dir")
    return None if done.returncode else Path(done.stdout.strip())


def check_repository(root: Path) -> None:
    """Check that a project is a Git repository with a commit and its whole history.

    Raises:
        ElcError: it is none, holds no commit, cannot be read by this user, or is a shallow clone.
    """
    if try_git(root, "rev-parse", "--verify", "--quiet", "HEAD").returncode:
        said = try_git(root, "rev-parse", "--git-dir").stderr
        if (
            said and _NO_REPOSITORY not in said
        ):  # such as a checkout of another user, with the command that lets it be read
            raise ElcError(f"{root}: Git does not read this repository: {shorten(said)}.")
        raise ElcError(
            f"{root}: not a Git repository with a commit. The registry is kept in Git: git init, then commit."
        )
    if run_git(root, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise ElcError(
            f"{root}: a shallow clone, so versions may be missing. Fetch the rest: git fetch --unshallow --tags."
        )


def check_folder(root: Path) -> None:
    """Check that a folder is in a repository.

    Raises:
        ElcError: it is not.
    """
    done = run_alone(root, "rev-parse", "--git-dir")
    if done.returncode:
        raise ElcError(f"{root}: {shorten(done.stderr.decode(errors='replace'))}.")


def list_tags(root: Path) -> list[str]:
    """List all tags with what they point at; none where the folder is not a repository."""
    done = try_git(root, "for-each-ref", "--format=%(refname) %(objectname)", "refs/tags")
    return [] if done.returncode else done.stdout.splitlines()


def list_names(root: Path) -> list[str]:
    """List the names of all tags, those too that are none of the registry."""
    return [line.split(" ")[0].removeprefix("refs/tags/") for line in list_tags(root)]


def find_blocked(names: Iterable[str]) -> set[str]:
    """Find the names that no tag can have: Git keeps those of others below them, as in a folder."""
    return {str(parent) for name in names for parent in PurePosixPath(name).parents}


@functools.cache
def find_prefix(root: Path) -> str:
    """Find where a project lies in its repository: empty at its top, else as in `plants/`.

    Raises:
        ElcError: it is in no repository.
    """
    return run_git(root, "rev-parse", "--show-prefix").rstrip("\n")


def find_changes(root: Path, *paths: str) -> list[str]:
    """Find the tracked files of a project that differ from the last commit, all or those at some paths."""
    listed = run_git(root, "status", "--porcelain", "--untracked-files=no", "-z", "--", *(paths or (".",)))
    names = (entry[3:] for entry in listed.split("\0") if len(entry) > 3)
    return sorted(name.removeprefix(find_prefix(root)) for name in names)


def find_untracked(root: Path, *paths: str) -> list[str]:
    """Find the files at some paths that Git does not know, and is not told to ignore."""
    listed = run_git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", *paths)
    return sorted(filter(None, listed.split("\0")))


def shorten(said: str) -> str:
    """Put what Git said into one line of bearable length."""
    line = hide_secrets(" ".join(said.split()).rstrip("."))
    if ".lock'" in line:
        line += "; if no Git is running there, elc audit names the file that a killed one left"
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]} ..."


def hide_secrets(text: str) -> str:
    """Hide who signs in, and by which password or token, in the addresses of a text."""
    return _SECRET.sub("***", text)
