"""The Git remote that tags are shared by: which it is, where it lies, and which tags it has."""

from __future__ import annotations

from pathlib import Path

from elc.errors import ElcError, build_nearest
from elc.registry.git import hide_secrets, run_git, shorten, try_git
from elc.registry.names import read_name


def find_git_remote(root: Path, wanted: str | None, *, is_pushed: bool) -> str | None:
    """Find the Git remote that tags go to: the one that is wanted, `origin`, or the only one; None where there is none.

    Raises:
        ElcError: there is none of the wanted name; or tags are pushed, and there are several, none of which is wanted
            or called `origin`.
    """
    names = run_git(root, "remote").split()
    if wanted is not None:
        if wanted in names:
            return wanted
        nearest = build_nearest(wanted, names) if names else "there is none yet"
        raise ElcError(
            f"params.yaml: registry.git_remote: Git has no remote {wanted}; {nearest}. Add it with git remote add "
            f"{wanted} <url>, or correct the name."
        )
    if "origin" in names or not names:
        return "origin" if names else None
    if len(names) > 1 and not is_pushed:
        return None
    if len(names) > 1:
        raise ElcError(
            f"{root}: there are the Git remotes {', '.join(names)} and none is called origin, so it is not known where "
            "tags go. Name one under registry in params.yaml, such as git_remote: "
            f"{names[0]}; or keep the tags in this clone with push: false there, or once with --no-push."
        )
    return names[0]


def read_url(root: Path, remote: str) -> str:
    """Read where a Git remote is pushed to, without what is secret in its address."""
    done = try_git(root, "remote", "get-url", "--push", remote)
    return hide_secrets(done.stdout.strip()) or "an address that Git does not tell"


def read_remote_tags(root: Path, remote: str, plant: str) -> dict[str, str]:
    """Read which tags of a plant the Git remote has, by name, with the hash of each; other names are nobody's.

    Raises:
        ElcError: the remote does not answer.
    """
    return {name: oid for name, oid in read_remote_names(root, remote, plant).items() if read_name(name)}


def read_remote_names(root: Path, remote: str, plant: str) -> dict[str, str]:
    """Read every tag of the Git remote that begins with a plant's name, of the registry's grammar or not.

    Raises:
        ElcError: the remote does not answer.
    """
    done = try_git(root, "ls-remote", "--tags", "--refs", remote, f"refs/tags/{plant}@*", f"refs/tags/{plant}#*")
    if done.returncode:
        raise ElcError(
            f"Git remote {remote} does not answer: {shorten(done.stderr)}. Nothing was written. Try again when it does."
        )
    pairs = (line.split("\t") for line in done.stdout.splitlines())
    return {name.removeprefix("refs/tags/"): oid for oid, name in pairs}
