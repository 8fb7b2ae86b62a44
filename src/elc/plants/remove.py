"""Remove a plant with all that was made of it; the registry keeps its versions.

The entry in params.yaml goes first: from then on the plant is not, and what a run that was killed left is removed by
the next.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from elc.errors import ElcError, check_known
from elc.hourly.lock import hold_operation
from elc.hourly.own import find_own
from elc.paths import Project
from elc.plants.artifacts import cut_artifact
from elc.plants.entry import build_editor, read_lines, says, write_text
from elc.registry import read_registry, remove_deployed
from elc.settings import check_id, parse_settings, read_settings, read_yaml

# Where a name of its own is a plant's; `{}` stands for it, with a suffix or hidden, too.
_PLACES = (
    "code/plants", "data/*", "data/*/.simulated", "data/*/.drawn", "data/service/capture", "models", "deployed/*",
    "reports", "reports/*", "operation/*/data/*", "operation/*/data/*/.drawn", "operation/*/reports",
    "operation/*/reports/*",
)  # fmt: skip

_ANCHOR = re.compile(r"(?P<indent> *)[^\s#][^#]*?:[ ]+&(?P<name>[\w-]+)(?P<value>.*)")


@dataclass(frozen=True)
class Remains:
    """What there is of a plant: its keys in params.yaml, stages in dvc.lock, files, and versions that stay in Git."""

    plant: str
    keys: tuple[str, ...]
    stages: tuple[str, ...]
    paths: tuple[Path, ...]
    versions: tuple[str, ...]

    def find_own(self, project: Project) -> list[Path]:
        """Find the paths of what neither Git nor DVC could bring back."""
        return [path for path in self.paths if any(path.is_relative_to(place) for place in find_own(project))]


def find_remains(project: Project, plant: str) -> Remains:
    """Find what there is of a plant.

    Raises:
        ElcError: there is nothing of it, or params.yaml has faults.
    """
    check_id(plant, f"plant {plant}")
    settings = read_settings(project)
    keys = [f"plants.{plant}"] if plant in settings.plants else []
    keys += [f"simulate.plants.{plant}"] if plant in settings.simulate.plants else []
    lock = find_lock(project)
    stages = [found[1] for line in read_lines(lock) if (found := _build_stage(plant).match(line))]
    paths = find_paths(project, plant)
    if not (keys or stages or paths):
        check_known("plant", plant, settings.plants)
    versions = read_registry(project.root).line(plant).versions
    return Remains(plant, tuple(keys), tuple(stages), tuple(paths), tuple(versions))


def remove_plant(project: Project, remains: Remains) -> None:
    """Remove what there is of a plant; no hourly run goes on meanwhile.

    Raises:
        ElcError: an hourly run is not done, or params.yaml would have faults without the plant (such as an environment
            or a source of readings that names it); nothing is changed.
    """
    text = cut_entries(project, remains)
    with hold_operation(project, wait_s=0):
        remove_all(project, remains, text, is_own_kept=False)


def remove_all(project: Project, remains: Remains, params: str, *, is_own_kept: bool) -> None:
    """Write a params.yaml that knows a plant no more, then remove its artifact, its stages and all that has its name.

    What neither Git nor DVC could bring back may be kept.
    """
    write_text(project.params, params)
    cut_artifact(project, remains.plant)
    write_text(find_lock(project), _cut_stages(project, remains))
    for folder in sorted((project.root / "deployed").glob("*")):
        remove_deployed(project, folder.name, remains.plant)
    paths = find_paths(project, remains.plant)
    kept = remains.find_own(project) if is_own_kept else []
    for path in paths:
        if path not in kept:
            _remove(path)


def find_lock(project: Project) -> Path:
    return project.root / "dvc.lock"


def _build_stage(plant: str) -> re.Pattern[str]:
    return re.compile(rf"  (\w+@{plant}):\s*$")


def find_paths(project: Project, plant: str) -> list[Path]:
    """Find the files and folders of a plant: those with its name, with a suffix too, and what a killed run left."""
    named = re.compile(rf"{plant}(\..*)?|\.{plant}\..*")
    folders = (folder for place in _PLACES for folder in project.root.glob(place) if folder.is_dir())
    return sorted(path for folder in folders for path in folder.iterdir() if named.fullmatch(path.name))


def cut_entries(project: Project, remains: Remains) -> str:
    """Cut a plant's entries out of the text of params.yaml, which keeps every other sign.

    Raises:
        ElcError: they share lines with others, or params.yaml would have faults without them.
    """
    lines = read_lines(project.params)
    kept = read_yaml(project.params)
    for key in remains.keys:
        *above, _ = key.split(".")
        place, content = build_editor().load("".join(lines)), kept
        for name in above:
            place, content = place[name], content[name]
        del content[remains.plant]
        lines = _cut(lines, *place.lc.key(remains.plant))
    text = "".join(lines)
    if not says(text, kept):
        named = " and ".join(remains.keys)
        raise ElcError(f"params.yaml: {named} shares lines with other entries. Remove it from there by hand first.")
    try:
        parse_settings(text)
    except ElcError as error:
        raise ElcError(
            f"plant {remains.plant}: params.yaml would have faults without it. Correct them first.\n{error}"
        ) from None
    return text


def _cut_stages(project: Project, remains: Remains) -> str:
    lines = read_lines(find_lock(project))
    stage = _build_stage(remains.plant)
    while starts := [number for number, line in enumerate(lines) if stage.match(line)]:
        lines = _cut(lines, starts[0], 2)
    return "".join(lines)


def _cut(lines: Sequence[str], start: int, column: int) -> list[str]:
    """Cut the block that a key begins, but for blank lines at its end; an anchor in it goes to where it is used."""
    end = _find_end(lines, start, column)
    while lines[start - 1].strip() and not lines[end - 1].strip():
        end -= 1
    rest = [*lines[:start], *lines[end:]]
    for number in range(start, end):
        anchor = _ANCHOR.match(lines[number])
        if anchor:
            inner = lines[number + 1 : _find_end(lines, number, len(anchor["indent"]))]
            rest = _move_anchor(rest, anchor, inner)
    return rest


def _find_end(lines: Sequence[str], start: int, column: int) -> int:
    """Find the next line that is indented no more than the key in `column`."""
    rest = range(start + 1, len(lines))
    return next((n for n in rest if lines[n].strip() and _count_indent(lines[n]) <= column), len(lines))


def _count_indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _move_anchor(lines: list[str], anchor: re.Match[str], inner: Sequence[str]) -> list[str]:
    """Put what an anchor names where its alias stands first; nothing where there is none."""
    alias = re.compile(rf"\*{re.escape(anchor['name'])}(?![\w-])")
    place = next((number for number, line in enumerate(lines) if alias.search(line.partition("#")[0])), None)
    if place is None:
        return lines
    shift = _count_indent(lines[place]) - len(anchor["indent"])
    moved = [(" " * max(0, _count_indent(line) + shift) + line.lstrip()) if line.strip() else line for line in inner]
    head = alias.sub(lambda _: f"&{anchor['name']}{anchor['value'].rstrip()}", lines[place], count=1)
    return [*lines[:place], head, *moved, *lines[place + 1 :]]


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
