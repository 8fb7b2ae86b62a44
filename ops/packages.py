"""What a machine that serves needs of requirements.lock: all but what only developers use; and under which licences.

python ops/packages.py > requirements-serve.txt            the lines of the lock, with their hashes
python ops/packages.py licences > docs/licences.md         of the packages as they are installed here
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ("dvc-s3", "setuptools")  # of the developers': a remote at S3, and what builds the package
ITSELF = "elc"
_BLOCK = re.compile(r"^(?=[A-Za-z0-9])", re.MULTILINE)
_NAME = re.compile(r"^[A-Za-z0-9._-]+")
_VIA = re.compile(r"^ +#   (?:via )?([A-Za-z0-9._-]+)|^ +# via ([A-Za-z0-9._-]+)", re.MULTILINE)
HEAD = """# Licences

Packages that an installation for serving brings (`ops/Containerfile`), as their own metadata say. Written by
`python ops/packages.py licences`; the project itself stands under the licence in `LICENSE`.

| package | version | licence |
|:--|:--|:--|
"""


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def read_blocks() -> dict[str, str]:
    """Read the lines of each package of the lock."""
    blocks = _BLOCK.split((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    return {_normalise(found[0]): block for block in blocks if (found := _NAME.match(block))}


def find_needed() -> dict[str, str]:
    """Find the packages that are needed: the project's own dependencies, and what those ask for."""
    blocks = read_blocks()
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [_normalise(found[0]) for line in content["project"]["dependencies"] if (found := _NAME.match(line))]
    needed = {*wanted, *KEPT}
    asked = {name: _read_askers(block) for name, block in blocks.items()}
    while more := {name for name, by in asked.items() if name not in needed and by & needed}:
        needed |= more
    return {name: block for name, block in blocks.items() if name in needed}


def _read_askers(block: str) -> set[str]:
    """Read which packages ask for one, as the lock says."""
    return {_normalise(one or other) for one, other in _VIA.findall(block)} - {ITSELF}


def write_licences() -> str:
    """Write the table of licences, of those needed packages that are installed here."""
    needed, rows = find_needed(), {}
    for found in distributions():
        name = _normalise(found.metadata["Name"])
        if name in needed:
            rows[name] = f"| {name} | {found.version} | {_read_licence(found)} |"
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
    sys.stdout.write(write_licences() if sys.argv[1:] == ["licences"] else "".join(find_needed().values()))
