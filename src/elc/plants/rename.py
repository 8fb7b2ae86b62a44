"""Give a plant another id: its settings and readings move, what was made of them goes, to be made under the new id.

Versions, and what was advised and answered under the former id, name versions of that id; the registry keeps its own.
The readings move first, so that the next run goes on with what one that was killed left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from elc.errors import ElcError, check_faults
from elc.hourly.lock import hold_operation
from elc.paths import Project
from elc.plants.artifacts import add_artifact
from elc.plants.entry import build_editor, read_lines, says, write_text
from elc.plants.remove import Remains, remove_all
from elc.registry import read_registry
from elc.settings import check_id, parse_settings, read_settings, read_yaml


def find_moves(project: Project, plant: str, new: str) -> dict[Path, Path]:
    """Find what moves to a new id, and whereto: the tag list, the export, and readings that came to this machine."""
    places = zip(_find_inputs(project, plant), _find_inputs(project, new), strict=True)
    return {path: to for path, to in places if path.exists()}


def _find_inputs(project: Project, plant: str) -> list[Path]:
    return [project.tags(plant).parent, project.raw(plant), _find_dvc(project, plant), project.live(plant)]


def _find_dvc(project: Project, plant: str) -> Path:
    return project.raw(plant).with_suffix(".dvc")


def rename_plant(project: Project, remains: Remains, new: str) -> None:
    """Give a plant another id; no hourly run goes on meanwhile.

    Raises:
        ElcError: the plant is in no params.yaml, the new id is none or is taken, now or in the registry, or an hourly
            run is not done; nothing is changed.
    """
    plant, where = remains.plant, f"rename plant {remains.plant}"
    check_id(new, f"plant {new}")
    if f"plants.{plant}" not in remains.keys:
        raise ElcError(
            f"{where}: it is not in params.yaml, but some of its files are left. Remove them: elc plant remove {plant}"
        )
    moves = find_moves(project, plant, new)
    taken = [str(to.relative_to(project.root)) for to in moves.values() if to.exists()]
    taken += [f"plants.{new} of params.yaml"] if new in read_settings(project).plants else []
    faults = [f"{what} already exists. Choose another id." for what in taken]
    versions = list(read_registry(project.root).line(new).versions)
    if versions:
        faults.append(f"the registry has versions of an earlier plant {new}: {', '.join(versions)}. Choose another id.")
    check_faults(where, faults)
    text = _rename_entries(project, plant, new)
    with hold_operation(project, wait_s=0):
        for path, to in moves.items():
            to.parent.mkdir(parents=True, exist_ok=True)
            path.rename(to)
        _name_export(_find_dvc(project, new), plant, new)
        remove_all(project, remains, text, is_own_kept=False)
        add_artifact(project, new)


def _name_export(path: Path, plant: str, new: str) -> None:
    """Name the folder of the export in what DVC knows of it."""
    text = "".join(read_lines(path))
    write_text(path, re.sub(rf"(?m)^(- |  )path: {plant}$", rf"\1path: {new}", text))


def _rename_entries(project: Project, plant: str, new: str) -> str:
    """Write the new id wherever the text of params.yaml names the plant; every other sign stays."""
    lines = read_lines(project.params)
    for line, column in sorted(set(_find_names(build_editor().load("".join(lines)), plant)), reverse=True):
        named = re.match(rf"(['\"]?){plant}(?=\1)", lines[line][column:])
        if named:
            lines[line] = lines[line][:column] + named[1] + new + lines[line][column + named.end() :]
    text = "".join(lines)
    if not says(text, _rename(read_yaml(project.params), plant, new)):
        raise ElcError(
            f"params.yaml: {plant} is named there in a form that cannot be changed. Rename it by hand first."
        )
    parse_settings(text)
    return text


def _find_names(params: CommentedMap, plant: str) -> Iterator[tuple[int, int]]:
    """Find line and column of each place of params.yaml that names a plant."""
    yield from (held.lc.key(plant) for held in _find_keys(params, plant))
    for place, key in _find_values(params, plant):
        yield place.lc.item(key) if isinstance(place, CommentedSeq) else place.lc.value(key)


def _find_keys(params: Any, plant: str) -> list[Any]:
    """Find the maps that have an entry of a plant."""
    return [held for held in (params["plants"], params["simulate"]["plants"]) if plant in held]


def _find_values(params: Any, plant: str) -> list[tuple[Any, Any]]:
    """Find each list with the position, and each map with the key, whose value is a plant."""
    listed = [it["plants"] for it in params["environments"].values() if isinstance(it["plants"], list)]
    sources = [source for kind in ("mqtt", "opcua") for source in params["listen"][kind].values()]
    return [
        *((names, number) for names in listed for number, name in enumerate(names) if name == plant),
        *((source, "plant") for source in sources if source.get("plant") == plant),
    ]


def _rename(params: Any, plant: str, new: str) -> Any:
    """Rename a plant in what params.yaml holds."""
    for held in _find_keys(params, plant):
        held[new] = held.pop(plant)
    for place, key in _find_values(params, plant):
        place[key] = new
    return params
