"""Objects of Git, each hashed where it is read: Git itself does not look when it reads a loose one."""

from __future__ import annotations

import functools
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha1, sha256
from pathlib import Path

from elc.errors import ElcError
from elc.registry.git import find_prefix, run_alone, shorten


@dataclass(frozen=True)
class Object:
    """An object of Git whose content has the hash that it is named by; `kind` is commit, tree, blob or tag."""

    oid: str
    kind: str
    content: bytes


def read_committed(root: Path, commit: str, path: str) -> str | None:
    """Read a file of a project as it stands in a commit, or at what leads to one; None where it is not in it.

    The commit, the trees that lead to the file and the file are hashed, and each names the next: Git itself does not
    look when it reads a loose object.

    Raises:
        ElcError: an object is not what its name says, is missing, or cannot be read.
    """
    oid = _find_commit(root, commit)
    entry = _read_object(root, oid, path) if oid else None
    names = ["", *f"{find_prefix(root)}{path}".split("/")] if entry else []
    for name in names:
        if entry is None:
            return None
        oid = _find_entry(entry, name) if name else _read_header(entry, b"tree ")
        entry = _read_object(root, oid, path) if oid else None
    return entry.content.decode("utf-8", errors="replace") if entry and entry.kind == "blob" else None


def read_time(root: Path, commit: str) -> int:
    """Read when a commit was made, in seconds since 1970; 0 where there is none.

    Raises:
        ElcError: it is not what its name says, is missing, or cannot be read.
    """
    oid = _find_commit(root, commit)
    words = _read_header(_read_object(root, oid, commit), b"committer ").split() if oid else []
    return int(words[-2]) if len(words) > 1 and words[-2].isdigit() else 0


def find_now(root: Path) -> int:
    """Find the earliest time it can be now: the clock may have lost it, but the last commit was made before now."""
    return max(int(time.time()), read_time(root, "HEAD"))


def _find_commit(root: Path, name: str) -> str:
    """Find the commit that a name leads to, through a tag too; empty where there is none of that name."""
    done = run_alone(root, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
    oid = "" if done.returncode else done.stdout.decode().strip()
    while oid and (target := _read_object(root, oid, name)).kind == "tag":
        oid = _read_header(target, b"object ")
    return oid


@functools.lru_cache(maxsize=64)
def _read_object(root: Path, oid: str, name: str) -> Object:
    (read,) = read_objects(root, [oid], name=name)
    if read is None:
        raise ElcError(f"{name}: Git's object {oid} is missing. Bring it: git fetch, or clone the project anew.")
    return read


def _read_header(parsed: Object, key: bytes) -> str:
    lines = parsed.content.partition(b"\n\n")[0].split(b"\n")
    return next((line.removeprefix(key).decode(errors="replace") for line in lines if line.startswith(key)), "")


def read_objects(root: Path, names: Sequence[str], *, name: str) -> list[Object | None]:
    """Read objects by their names in one pass, and hash each; None for one that is not there.

    `name` is what an error calls them.

    Raises:
        ElcError: an object is not what its name says, or cannot be read.
    """
    done = run_alone(root, "cat-file", "--batch", stdin="".join(f"{it}\n" for it in names).encode())
    if done.returncode:
        said = shorten(done.stderr.decode(errors="replace"))
        raise ElcError(f"{name}: git cat-file failed in {root}: {said}.")
    return list(_split(done.stdout, name))


def keep_objects(folder: Path, objects: Iterable[Object]) -> None:
    """Write objects into a folder of their own, from which Git reads the very bytes that were hashed."""
    for kept in objects:
        path = folder / kept.oid[:2] / kept.oid[2:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(zlib.compress(_frame(kept), 1))


def _frame(found: Object) -> bytes:
    return f"{found.kind} {len(found.content)}\0".encode() + found.content


def _split(rest: bytes, name: str) -> Iterator[Object | None]:
    while rest:
        head, _, rest = rest.partition(b"\n")
        words = head.decode(errors="replace").rsplit(" ", 2)
        if len(words) < 3 or words[1] not in ("commit", "tree", "blob", "tag") or not words[2].isdigit():
            yield None
            continue
        oid, kind, size = words[0], words[1], int(words[2])
        yield _check(Object(oid, kind, rest[:size]), name)
        rest = rest[size + 1 :]


def _check(found: Object, name: str) -> Object:
    framed = _frame(found)
    digest = (sha1(framed) if len(found.oid) == 40 else sha256(framed)).hexdigest()
    if digest != found.oid:
        raise ElcError(
            f"{name}: the content of {found.kind} {found.oid} hashes to {digest}: Git's store was altered. Clone the "
            "project again."
        )
    return found


def _find_entry(tree: Object, name: str) -> str:
    """Find what a tree holds under a name; empty where it holds nothing of that name."""
    size, rest = len(tree.oid) // 2, tree.content if tree.kind == "tree" else b""
    while rest:
        head, _, rest = rest.partition(b"\0")
        if head.partition(b" ")[2] == name.encode():
            return rest[:size].hex()
        rest = rest[size:]
    return ""
