"""The grammar of tags, which is GTO's: what a tag's name says, and how one is written.

Approval is GTO's stage `approved`: assigned by approving, taken back by rejecting.
Source: GTO 1.10, `gto/constants.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

import semver

from elc.errors import ElcError

Action = Literal["register", "deregister", "assign", "unassign", "deprecate"]
Bump = Literal["major", "minor", "patch"]
APPROVED = "approved"
FIRST = "v1.0.0"
DIGITS = 9  # of a number in a name: what is longer was not counted up to

_NUMBER = r"(?:0|[1-9][0-9]*)"
_PRE = rf"(?:{_NUMBER}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_WORD = r"[0-9a-zA-Z-]+"
_VERSION = rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PRE}(?:\.{_PRE})*)?(?:\+{_WORD}(?:\.{_WORD})*)?"
_STAGE = r"[a-zA-Z0-9](?:[a-zA-Z0-9/_-]*[a-zA-Z0-9])?"
_NAME = re.compile(
    rf"(?P<plant>[a-z][a-z0-9_]{{0,63}})"
    rf"(?:(?:\#(?P<stage>{_STAGE})|@(?P<version>{_VERSION}))(?P<cancel>!?)|@(?P<deprecated>deprecated))"
    rf"(?:\#(?P<number>[0-9]+))?",
    re.ASCII,
)


@dataclass(frozen=True)
class TagName:
    """What a tag's name says; `version`, `stage` and `number` are empty or 0 where the name has none.

    `fault` says why the name is beyond all bounds; then `version` and `number` are left out.
    """

    plant: str
    action: Action
    version: str
    stage: str
    number: int
    fault: str = ""


def read_name(name: str) -> TagName | None:
    """Read a tag's name; None where it is none of the registry."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    cancels = bool(match["cancel"])
    action: Action = "deprecate"
    if match["version"]:
        action = "deregister" if cancels else "register"
    elif match["stage"]:
        action = "unassign" if cancels else "assign"
    version, number = match["version"] or "", match["number"] or "0"
    if re.search(rf"[0-9]{{{DIGITS + 1}}}", f"{version} {number}"):
        fault = f"has a number of more than {DIGITS} digits in its name; expected a shorter one"
        return TagName(match["plant"], action, "", match["stage"] or "", 0, fault)
    return TagName(match["plant"], action, version, match["stage"] or "", int(number))


def build_name(plant: str, action: Action, *, version: str = "", stage: str = "", number: int = 0) -> str:
    """Build a tag's name."""
    subject = f"@{version}" if action in ("register", "deregister") else f"#{stage}"
    if action == "deprecate":
        subject = "@deprecated"
    mark = "!" if action in ("deregister", "unassign") else ""
    return f"{plant}{subject}{mark}" + (f"#{number}" if number else "")


@cache
def read_version(version: str) -> semver.Version:
    """Read a version such as v1.2.0, so that versions can be ordered.

    Raises:
        ElcError: it is not a version.
    """
    if not re.fullmatch(_VERSION, version, re.ASCII):
        raise ElcError(f"version {version}: expected one such as v1.2.0. elc models <plant> lists them.")
    return semver.Version.parse(version[1:])


def build_next(versions: list[str], bump: Bump) -> str:
    """Build the version after the highest of some; the first one is v1.0.0."""
    if not versions:
        return FIRST
    last = max(read_version(version) for version in versions).finalize_version()
    match bump:
        case "major":
            return f"v{last.bump_major()}"
        case "minor":
            return f"v{last.bump_minor()}"
        case "patch":
            return f"v{last.major}.{last.minor}.{last.patch + 1}"
