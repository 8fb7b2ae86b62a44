"""Packages by hash, in the cache of DVC and in its remotes: the one place that talks to DVC."""

from elc.registry.storage.hashes import hash_content, hash_folder
from elc.registry.storage.lock import read_evaluated, read_lock
from elc.registry.storage.package import fetch_package, lay_package, push_package
from elc.registry.storage.remote import find_remote

__all__ = [
    "fetch_package",
    "find_remote",
    "hash_content",
    "hash_folder",
    "lay_package",
    "push_package",
    "read_evaluated",
    "read_lock",
]
