"""Under which licences the packages stand that the extras bring: python ops/licences.py > docs/licences.md."""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("serve", "listen", "hourly", "train", "lab", "new", "project", "fleet", "pi")
NEXT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)
HEAD = """# Licences

Packages that an installation brings, by extra, as their own metadata say. Written by
`python ops/licences.py`; the project itself stands under the licence in `LICENSE`.

| package | version | licence | brought by |
|:--|:--|:--|:--|
"""


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def read_extras() -> dict[str, list[str]]:
    """Read by which extras each package is brought."""
    brought: dict[str, list[str]] = {}
    for extra in EXTRAS:
        lock = (ROOT / f"requirements-{extra}.lock").read_text(encoding="utf-8")
        for name in sorted({_normalise(name) for name in NEXT.findall(lock)}):
            brought.setdefault(name, []).append(extra)
    return brought


def write_licences() -> str:
    """Write the table of licences, of those packages that are installed here."""
    brought, rows = read_extras(), {}
    for found in distributions():
        name = _normalise(found.metadata["Name"])
        if name in brought:
            rows[name] = f"| {name} | {found.version} | {_read_licence(found)} | {', '.join(brought[name])} |"
    return HEAD + "\n".join(rows[name] for name in sorted(rows)) + "\n"


def _read_licence(found: Distribution) -> str:
    """Read a licence: the expression, else the classifiers, else the first line of the field."""
    kinds = [
        line.rpartition(" :: ")[2] for line in found.metadata.get_all("Classifier") or [] if line.startswith("License")
    ]
    field = (found.metadata.get("License") or "").strip().partition("\n")[0]
    said = found.metadata.get("License-Expression") or ", ".join(kinds) or field or "not said: see its files"
    return said.replace("|", "/")[:100]


if __name__ == "__main__":
    sys.stdout.write(write_licences())
