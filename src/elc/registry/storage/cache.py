"""The files of a package in the cache of DVC, each hashed before it is used.

DVC itself believes a file of its cache that is read-only.
"""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath

from elc.errors import ElcError, build_error, check_faults
from elc.registry.storage.hashes import hash_bytes, hash_file

PACKAGE = re.compile(r"[0-9a-f]{32}\.dir")
MD5 = re.compile(r"[0-9a-f]{32}")
PUSH = "Push it from where it was trained: `dvc push --all-tags`."


def find_object(cache: Path, md5: str) -> Path:
    """Find where the cache keeps what has this hash."""
    return cache / md5[:2] / md5[2:]


def check_cache(cache: Path, package: str, *, advice: str) -> None:
    """Raise one error if the cache lacks a file of a package or holds it altered."""
    check_none(f"package {package}", find_faults(cache, package), advice=advice)


def check_none(where: str, faults: dict[Path, str], *, advice: str) -> None:
    """Raise the faults as one error that ends with what to do."""
    if faults:
        raise ElcError(f"{build_error(where, faults.values())}\n{advice}")


def find_faults(cache: Path, package: str) -> dict[Path, str]:
    """Find what of a package the cache lacks or holds altered: path and sentence."""
    if not PACKAGE.fullmatch(package):
        raise ElcError(
            f"package {package!r}: is not the hash of a folder, expected 32 hex digits and .dir. Run `elc audit`."
        )
    listing = find_object(cache, package)
    faults = _find_fault(listing, package, "the list of its files")
    if not faults:
        for name, md5 in parse_listing(listing.read_bytes(), package).items():
            faults |= _find_fault(find_object(cache, md5), md5, name)
    return faults


def _find_fault(path: Path, md5: str, name: str) -> dict[Path, str]:
    if not path.is_file():
        return {path: f"{name} is missing from the cache, expected {path}."}
    digest = hash_file(path, "md5")
    if digest == md5.removesuffix(".dir"):
        return {}
    return {path: f"{name} was altered in the cache: {path} hashes to {digest}, expected {md5}."}


def remove_objects(faults: dict[Path, str]) -> None:
    """Remove from the cache what has a fault, so that it is fetched anew."""
    for path in faults:
        path.unlink(missing_ok=True)


def parse_listing(raw: bytes, package: str) -> dict[str, str]:
    """Parse the list of a package's files, name and MD5, whose own MD5 must be that of the package."""
    if hash_bytes(raw) + ".dir" != package:
        raise ElcError(f"package {package}: its list of files hashes to {hash_bytes(raw)}.dir. Remove it there. {PUSH}")
    try:
        files = {str(entry["relpath"]): str(entry["md5"]) for entry in json.loads(raw)}
    except (ValueError, KeyError, TypeError):
        raise ElcError(f"package {package}: is not a list of files with name and MD5. Run `elc audit`.") from None
    odd = [name for name, md5 in files.items() if not MD5.fullmatch(md5) or _leaves_folder(PurePosixPath(name))]
    check_faults(f"package {package}", [f"{name!r} is not a file of a package. Train it again." for name in odd])
    return files


def _leaves_folder(name: PurePosixPath) -> bool:
    return name.is_absolute() or ".." in name.parts or "\\" in str(name) or not name.parts
