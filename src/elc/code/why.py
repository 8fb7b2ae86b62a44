"""Why a stage is stale: what of its code, libraries, data and parameters is other than when it last ran."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elc.code.record import Code, write_code
from elc.errors import ElcError, build_nearest
from elc.paths import Project

CODE = "code"  # the stage that writes what the others compare


@dataclass(frozen=True)
class Reason:
    """One thing that makes a stage stale, in a sentence; `stage` as DVC names it, such as train@fjord."""

    stage: str
    sentence: str


def find_reasons(project: Project, stage: str) -> list[Reason]:
    """Find why a stage and those before it are stale, the earliest first; nothing where none is.

    Raises:
        ElcError: dvc.yaml has no such stage, or the code that the stages run cannot be found.
    """
    import networkx as nx  # seconds to import, both
    from dvc.repo import Repo

    write_code(project)
    with contextlib.chdir(project.root), Repo(str(project.root)) as repo:
        stages = {found.addressing: found for found in repo.index.stages}
        if stage not in stages:
            raise ElcError(f"dvc.yaml: stage {stage} is unknown: {build_nearest(stage, stages)}")
        changed = repo.status(targets=[stage], with_deps=True)
        changed.pop(CODE, None)  # it always runs, which makes no other stage stale
        order = [found.addressing for found in nx.dfs_postorder_nodes(repo.index.graph, stages[stage])]
        return [
            Reason(name, sentence)
            for name in order
            for sentence in _tell(project, stages[name], changed.get(name, ()), repo.cache.local.oid_to_path)
        ]


def compare_code(former: Code, now: Code) -> list[str]:
    """Name which modules and libraries differ, each in a sentence."""
    changes = []
    for kind, word in (("modules", "module"), ("libraries", "library")):
        before, after = former.get(kind, {}), now.get(kind, {})
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                changes.append(f"{word} {name} {_tell_change(kind, before.get(name), after.get(name))}")
    return changes


def _tell_change(kind: str, before: str | None, after: str | None) -> str:
    if before is None or after is None:
        return "is used now, and was not." if before is None else "is not used any more."
    return f"is {after} now, and was {before}." if kind == "libraries" else "has changed."


def _tell(project: Project, stage: Any, said: Iterable[Any], find_kept: Callable[[str], str]) -> Iterator[str]:
    """Tell what DVC says of one stage."""
    deps = {str(dep): dep for dep in stage.deps}
    for part in said:
        if not isinstance(part, Mapping):  # such as "changed command"
            yield f"{part}."
            continue
        for kind, changes in part.items():
            for path, how in changes.items():
                if path in (_name(project, stage), _name_entry(project, stage)) and how == "modified":
                    yield from _tell_written(project, path, find_kept(deps[path].hash_info.value))
                elif isinstance(how, Mapping):
                    former, now = _flatten(deps[path].hash_info.value or {}), _flatten(deps[path].read_params())
                    yield from (f"{path}: {words}" for words in _compare(former, now))
                else:
                    yield f"{path} ({kind.removeprefix('changed ')}) is {how}."


def _flatten(section: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in section.items():
        flat |= _flatten(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat


def _compare(former: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Name which keys have another value, one has and the other lacks."""
    for key in sorted(former.keys() | now.keys()):
        if key not in now:
            yield f"{key} is gone, and was {former[key]}."
        elif key not in former:
            yield f"{key} is {now[key]} now, and was not there."
        elif former[key] != now[key]:
            yield f"{key} is {now[key]} now, and was {former[key]}."


def _name(project: Project, stage: Any) -> str:
    return str(project.code(stage.addressing.split("@")[0]).relative_to(project.root))


def _name_entry(project: Project, stage: Any) -> str:
    return str(project.entry(stage.addressing.partition("@")[2]).relative_to(project.root))


def _tell_written(project: Project, path: str, kept: str) -> Iterator[str]:
    """Tell what of the code, or of a plant's settings, has changed; `kept` is where DVC keeps the file as it was."""
    file = project.root / path
    try:
        former = json.loads(Path(kept).read_text(encoding="utf-8"))
    except FileNotFoundError:
        yield f"{path} has changed; what it was is not in this machine's DVC cache."
        return
    now = json.loads(file.read_text(encoding="utf-8"))
    if file.parent == project.entries:
        place = f"plants.{file.stem}"
        changes = _compare(_flatten({place: former}), _flatten({place: now}))
        yield from (f"{project.params.name}: {words}" for words in changes)
    else:
        yield from compare_code(former, now)
