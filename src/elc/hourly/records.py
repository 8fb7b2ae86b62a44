"""Protect dvc.lock, which DVC does not write atomically: a copy replaces what a killed DVC left of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from elc.errors import ElcError
from elc.paths import Project, replace_file
from elc.registry.git import try_git


def repair_records(project: Project, *, was_killed: bool) -> list[str]:
    """Put right what a killed DVC left: a dvc.lock that is not whole, and locks of processes that are gone.

    Returns:
        A sentence for each thing that was put right.

    Raises:
        ElcError: dvc.lock is not whole, and there is no copy of it.
    """
    said = [*_repair_lock(project, was_killed=was_killed)]
    return said + _free_locks(project.root / ".dvc" / "tmp" / "rwlock")


def copy_records(project: Project) -> None:
    """Keep a copy of dvc.lock, which is whole, for the next repair."""
    source, copy = _name(project)
    if not source.is_file():
        copy.unlink(missing_ok=True)
        return
    with replace_file(copy) as temporary:
        temporary.write_bytes(source.read_bytes())


def _name(project: Project) -> tuple[Path, Path]:
    return project.root / "dvc.lock", project.scratch / "dvc.lock"


def _repair_lock(project: Project, *, was_killed: bool) -> list[str]:
    source, copy = _name(project)
    if not source.is_file() and not copy.is_file():
        return []
    found = _read_stages(source)
    kept = _read_stages(copy) if found is None or was_killed else None
    if found is not None and (kept is None or not _find_lost(found, kept) or _is_committed(project)):
        return []
    if kept is None:
        raise ElcError(
            "dvc.lock: cannot be read, and no copy of it was kept. Bring back the last one that was committed: "
            "git checkout dvc.lock."
        )
    with replace_file(source) as temporary:
        temporary.write_bytes(copy.read_bytes())
    return ["dvc.lock was not whole, as DVC was killed while it wrote it. The copy from before was put back."]


def _read_stages(path: Path) -> dict[str, Any] | None:
    """Read the stages of a dvc.lock; None where it is not there, or not readable."""
    try:
        stages = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["stages"]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return None
    return stages if isinstance(stages, dict) else None


def _find_lost(found: dict[str, Any], kept: dict[str, Any]) -> list[str]:
    """Find the stages that are no longer there, or not whole: a file that was cut ends in one of these."""
    return [name for name, stage in kept.items() if not _describe(stage) <= _describe(found.get(name))]


def _describe(stage: Any) -> set[tuple[str, ...]]:
    """Describe what a stage's record holds, without its values."""
    if not isinstance(stage, dict):
        return set()
    parts: set[tuple[str, ...]] = {(key,) for key in stage}
    for kind in ("deps", "outs"):
        for entry in stage.get(kind) or []:
            if isinstance(entry, dict):
                parts |= {(kind, str(entry.get("path")), key) for key in entry}
    return parts


def _is_committed(project: Project) -> bool:
    """Say whether dvc.lock is as committed: then Git wrote it, whole, and stages were taken away on purpose."""
    return try_git(project.root, "diff", "--quiet", "--exit-code", "HEAD", "--", "dvc.lock").returncode == 0


def _free_locks(path: Path) -> list[str]:
    """Remove DVC's file of locks where it is not whole, or none of its processes is a DVC that runs.

    DVC frees the lock of a process that is gone, but not where its number is another's by now, nor from a file that is
    cut: then it refuses to run.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        held = json.loads(text)
        read, write = held.get("read", {}), held.get("write", {})
        holders = [*write.values(), *(one for many in read.values() for one in many)]
        numbers = {int(holder["pid"]) for holder in holders}
    except (ValueError, KeyError, TypeError, AttributeError):
        numbers = set()
        is_whole = False
    else:
        is_whole = True
    if (is_whole and not numbers) or any(map(_is_dvc, numbers)):
        return []
    path.unlink()
    return ["Locks that a killed DVC left were removed."]


def _is_dvc(number: int) -> bool:
    import psutil  # comes with DVC

    try:
        return any("dvc" in word for word in psutil.Process(number).cmdline())
    except psutil.Error:
        return False
