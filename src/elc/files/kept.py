"""What takes long to make and seldom changes, kept in a file under all that it is made of."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from elc.files.replace import replace_file

ROOT = Path(__file__).parents[1]
LIBRARIES = ("matplotlib", "numpy", "onnxruntime", "pandas", "shap")


def keep(path: Path, parts: Iterable[str | bytes], make: Callable[[], Any]) -> Any:
    """Read what was made of `parts`, by this code and these libraries; where the file holds no such thing, make it.

    Args:
        path: of the file, which may be removed at any time; one thing is kept in it.
        parts: stand for all that is made into it.
        make: gives content of JSON.
    """
    key = _build_key(parts)
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["key"] == key:
            return held["made"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    made = make()
    with replace_file(path) as temporary:
        temporary.write_text(json.dumps({"key": key, "made": made}, ensure_ascii=False), encoding="utf-8")
    return made


def _build_key(parts: Iterable[str | bytes]) -> str:
    digest = hashlib.sha256(hash_code().encode())
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(f"\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


@functools.cache
def hash_code() -> str:
    """Hash the files of this package, and the versions of libraries that numbers and pictures come from."""
    digest = hashlib.sha256()
    for path in sorted(path for path in ROOT.rglob("*") if path.is_file() and path.suffix not in (".pyc", ".pyo")):
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    for name in LIBRARIES:
        digest.update(f"{name} {_find_version(name)}".encode())
    return digest.hexdigest()


def _find_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # an install for one role alone has not all
        return ""
