"""Where pip gets ELC itself from: what a project's requirements.txt says."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from elc import __version__
from elc.errors import ElcError


def build_requirement(asked: str | None) -> str:
    """Build the line of requirements.txt.

    Args:
        asked: a wheel or a folder, a URL as pip takes it, or a requirement such as elc==1.2.0; None for where the
            package that runs was installed from.

    Raises:
        ElcError: `asked` is none of these.
    """
    if asked is None:
        return _find_origin()
    if asked and Path(asked).exists():
        return f"elc @ {Path(asked).resolve().as_uri()}"
    try:
        requirement = Requirement(f"elc @ {asked}" if "://" in asked else asked)
    except InvalidRequirement:
        requirement = None
    if requirement is None or requirement.name != "elc":
        raise ElcError(
            f"--package {asked}: expected a wheel or folder that exists, a URL, or a requirement such as "
            f"elc=={__version__}."
        )
    return str(requirement)


def _find_origin() -> str:
    """Find where this package was installed from, as pip wrote it down; from an index, its version says all."""
    try:
        text = metadata.distribution("elc").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        text = None
    if text is None:
        return f"elc=={__version__}"
    origin = json.loads(text)
    vcs = origin.get("vcs_info")
    return f"elc @ {vcs['vcs']}+{origin['url']}@{vcs['commit_id']}" if vcs else f"elc @ {origin['url']}"


def is_local(requirement: str) -> bool:
    """Whether a requirement names what only this machine has."""
    return " @ file:" in requirement
