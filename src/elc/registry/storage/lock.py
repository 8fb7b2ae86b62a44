"""What a dvc.lock says: the hash of each output, and of each package that was evaluated."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import yaml

from elc.errors import ElcError, check_faults
from elc.settings.bounded import check_yaml

MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")
RESTORE = "It looks truncated. Restore it with `git restore dvc.lock`, then run `dvc repro`."


def read_lock(text: str) -> dict[str, str]:
    """Read the path of each output and its MD5 ("<md5>.dir" of a folder) from the text of a dvc.lock.

    Raises: ElcError: the text is not valid YAML, has no stages, or an output has no hash: usually a lock that was
    truncated."""
    return _read_hashes(text, "outs")


def read_evaluated(text: str) -> dict[str, str]:
    """Read the path of each package and the MD5 that it had when it was evaluated, from the text of a dvc.lock.

    Raises:
        ElcError: as `read_lock`.
    """
    hashes = _read_hashes(text, "deps", prefix="evaluate@")
    return {path: md5 for path, md5 in hashes.items() if path.startswith("models/")}


def _read_hashes(text: str, key: str, *, prefix: str = "") -> dict[str, str]:
    entries = {stage: lock.get(key, []) for stage, lock in _parse_lock(text).items() if stage.startswith(prefix)}
    hashes, faults = {}, []
    for stage, entry in ((stage, entry) for stage, listed in entries.items() for entry in listed or []):
        path, md5 = (str(entry.get(name, "")) if isinstance(entry, dict) else "" for name in ("path", "md5"))
        if path and MD5.fullmatch(md5):
            hashes[path] = md5
        else:
            faults.append(
                f"stage {stage}: {key} {path or entry} has the md5 {md5!r}, expected 32 hex digits. {RESTORE}"
            )
    check_faults("dvc.lock", faults)
    return hashes


@lru_cache(maxsize=2)
def _parse_lock(text: str) -> dict[str, dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    check_yaml(text, "dvc.lock")
    try:
        lock = yaml.load(text, loader)
    except yaml.YAMLError as error:
        raise ElcError(f"dvc.lock: is not valid YAML ({' '.join(str(error).split())}). {RESTORE}") from None
    stages = lock.get("stages") if isinstance(lock, dict) else None
    if not isinstance(stages, dict) or not stages:
        raise ElcError(f"dvc.lock: has no stages, expected at least one. {RESTORE}")
    faults = [f"stage {stage} is empty. {RESTORE}" for stage, entry in stages.items() if not isinstance(entry, dict)]
    check_faults("dvc.lock", faults)
    return stages
