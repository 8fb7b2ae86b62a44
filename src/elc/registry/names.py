"""The grammar of tags, which is GTO's: what a tag's name says, and how one is written.

Approval is GTO's stage `approved`: assigned by approving, taken back by rejecting.
Source: GTO 1.10, `gto/constants.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from elc.errors import ElcError

Action = Literal["register", "deregister", "assign", "unassign", "deprecate"]
Bump = Literal["major", "minor", "patch"]
APPROVED = "approved"
FIRST = "v1.0.0"

_VERSION = r"v(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:[-+][0-9A-Za-z.+-]+)?"
_STAGE = r"[a-zA-Z0-9](?:[a-zA-Z0-9/_-]*[a-zA-Z0-9])?"
_NAME = re.compile(
    rf"(?P<plant>[a-z][a-z0-9_]*)"
    rf"(?:(?:\#(?P<stage>{_STAGE})|@(?P<version>{_VERSION}))(?P<cancel>!?)|@(?P<deprecated>deprecated))"
    rf"(?:\#(?P<number>[0-9]+))?"
)


@dataclass(frozen=True)
class TagName:
    """What a tag's name says; `version`, `stage` and `number` are empty or 0 where the name has none."""

    plant: str
    action: Action
    version: str
    stage: str
    number: int


def read_name(name: str) -> TagName | None:
    """Read a tag's name; None where it is none of the registry."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    cancels = bool(found["cancel"])
    action: Action = "deprecate"
    if found["version"]:
        action = "deregister" if cancels else "register"
    elif found["stage"]:
        action = "unassign" if cancels else "assign"
    return TagName(found["plant"], action, found["version"] or "", found["stage"] or "", int(found["number"] or 0))


def build_name(plant: str, action: Action, *, version: str = "", stage: str = "", number: int = 0) -> str:
    """Build a tag's name."""
    subject = f"@{version}" if action in ("register", "deregister") else f"#{stage}"
    if action == "deprecate":
        subject = "@deprecated"
    mark = "!" if action in ("deregister", "unassign") else ""
    return f"{plant}{subject}{mark}" + (f"#{number}" if number else "")


def read_version(version: str) -> tuple[int, int, int]:
    """Read the three numbers of a version such as v1.2.0; what follows them does not count.

    Raises:
        ElcError: it is no version.
    """
    found = re.match(r"v(\d+)\.(\d+)\.(\d+)(?:[-+]|$)", version)
    if found is None:
        raise ElcError(f"version {version}: expected one such as v1.2.0. elc models <plant> lists them.")
    return int(found[1]), int(found[2]), int(found[3])


def build_next(versions: list[str], bump: Bump) -> str:
    """Build the version after the highest of some; the first one is v1.0.0."""
    if not versions:
        return FIRST
    major, minor, patch = max(read_version(version) for version in versions)
    match bump:
        case "major":
            return f"v{major + 1}.0.0"
        case "minor":
            return f"v{major}.{minor + 1}.0"
        case "patch":
            return f"v{major}.{minor}.{patch + 1}"
