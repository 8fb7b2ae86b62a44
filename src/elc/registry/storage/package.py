"""A package on its way: from the cache to a remote and back, and from the cache into a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from elc.errors import ElcError
from elc.files import report_full
from elc.registry.storage.cache import (
    PUSH,
    check_cache,
    check_none,
    find_faults,
    find_object,
    parse_listing,
    remove_objects,
)
from elc.registry.storage.hashes import hash_content, hash_folder
from elc.registry.storage.remote import copy_objects, open_remote, open_repo, read_object

COMMIT = "Remove what was altered from the cache, then put the package back with `dvc commit`."
ADD = "No remote is set: add the one that holds it with `dvc remote add --default <name> <url>`."


def push_package(root: Path, package: str, remote: str) -> None:
    """Push a package ("<md5>.dir") of the cache to a remote; its list goes last, so it is there whole or not at all.

    Raises:
        ElcError: the package is not whole in the cache, or the remote cannot be reached or written.
    """
    with open_repo(root) as repo:
        cache = Path(repo.cache.local.path)
        check_cache(cache, package, advice=COMMIT)
        files = parse_listing(find_object(cache, package).read_bytes(), package)
        with open_remote(repo, remote) as there:
            copy_objects(repo.cache.local, there, [package, *files.values()])


def fetch_package(root: Path, package: str, remote: str | None) -> None:
    """Fetch a package ("<md5>.dir") from a remote, unless it is whole in the cache; altered files are fetched anew.

    Raises:
        ElcError: the package is whole neither here nor there, or the remote cannot be reached.
    """
    with open_repo(root) as repo:
        cache = Path(repo.cache.local.path)
        faults = find_faults(cache, package)
        if remote is None:
            check_none(f"package {package}", faults, advice=f"{ADD} {PUSH}")
        if not faults or remote is None:
            return
        with open_remote(repo, remote) as there:
            files = parse_listing(read_object(there, package, remote), package)
            remove_objects(faults)
            copy_objects(there, repo.cache.local, [package, *files.values()])
    left = find_faults(cache, package)
    remove_objects(left)
    check_none(f"package {package}, fetched from remote {remote}", left, advice=f"Remove it there. {PUSH}")


def lay_package(root: Path, package: str, folder: Path, *, content: str) -> None:
    """Copy a package ("<md5>.dir") from the cache into a fresh folder, and check the copy and its content hash.

    Raises:
        ElcError: a file is missing or altered, the package is not what was registered, or the disk is full. The folder
            may be half filled then, so give a temporary one.
    """
    with open_repo(root) as repo:
        cache = Path(repo.cache.local.path)
    check_cache(cache, package, advice=f"Run it again with a remote set, which repairs the cache. {PUSH}")
    with report_full(folder):
        for name, md5 in parse_listing(find_object(cache, package).read_bytes(), package).items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(find_object(cache, md5), target)
    laid, found = hash_folder(folder), hash_content(folder, without=())
    if (laid, found) != (package, content):
        raise ElcError(
            f"package {package}: its files hash to {laid} and their content to {found}, expected {content} as its tag "
            "says. It is not what was registered: do not use it. Run `elc audit`."
        )
