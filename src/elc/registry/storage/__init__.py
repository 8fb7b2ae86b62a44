"""Packages by hash, in the cache of DVC and in its remotes: the one place that talks to DVC."""

from elc.registry.storage.collect import collect_garbage, find_whole
from elc.registry.storage.hashes import hash_content, hash_folder
from elc.registry.storage.lock import read_evaluated, read_lock
from elc.registry.storage.package import fetch_package, lay_package, push_package
from elc.registry.storage.remote import describe_remote, find_remote

__all__ = [
    "collect_garbage",
    "describe_remote",
    "fetch_package",
    "find_remote",
    "find_whole",
    "hash_content",
    "hash_folder",
    "lay_package",
    "push_package",
    "read_evaluated",
    "read_lock",
]
