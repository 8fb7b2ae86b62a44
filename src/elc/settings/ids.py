"""Which names a plant or an environment may have: they are parts of paths and of tags."""

from __future__ import annotations

import re

from elc.errors import check_faults

_NAME = re.compile(r"[a-z](?:[a-z0-9_]{0,62}[a-z0-9])?")  # GTO lists no tag of a name that ends with _
# What lies where a plant has a file or folder of its name.
_TAKEN = {
    "reports": ("assets", "index", "method", "metrics", "models", "plots", "receipts", "tests", "train"),
    "reports/_site": ("site_libs",),
    "reports/assets": ("elc",),
    "models": ("allowed_signers", "sealed_tags"),
    "data/capture": ("outages",),
    "data/service": ("capture", "swaps"),
}
_PLACES = {name: f"{folder}/{name}" for folder, names in _TAKEN.items() for name in names}


def is_name(name: str) -> bool:
    """Tell whether a name can be a part of a path and of a tag."""
    return _NAME.fullmatch(name) is not None


def is_id(name: str) -> bool:
    """Tell whether a name may be a plant's id."""
    return not find_id_fault(name)


def check_id(name: str, where: str) -> None:
    """Check that a name may be a plant's id, for it becomes a part of paths.

    Raises:
        ElcError: it may not.
    """
    fault = find_id_fault(name)
    check_faults(where[:80] if fault else where, [fault] if fault else [])


def find_id_fault(name: str) -> str:
    """Find why a name cannot be a plant's id; empty where it can."""
    if name in _PLACES:
        return f"plants.{name}: the project itself has {_PLACES[name]}, so no plant can have this id. Choose another."
    if is_name(name):
        return ""
    return (
        f"plants.{name[:80]}: a plant's id consists of lowercase letters, digits and _, starts with a letter, ends "
        "with a letter or digit, and has at most 64 characters; otherwise GTO lists none of its tags."
    )
