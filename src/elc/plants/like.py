"""What a new plant takes from another plant, from a region, or from a file: its entry and its tag list."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elc.errors import ElcError, check_known
from elc.paths import Project
from elc.plants.add import Addition
from elc.settings import TURNAROUND, check_id, find_delimiter, read_settings, read_yaml

# Facts of one plant, which no other takes from it.
_OWN = ("name", "note", "turnarounds", "events", "baseline")


@dataclass(frozen=True)
class Wish:
    """A plant that is asked for. What is empty is not given.

    `like` is the plant whose settings and tag list it takes where it has none of its own. `prefix` is what the tags of
    that list begin with and what those of this plant do, as in `FJ-=ML-`; `=ML-` puts it before all.
    """

    plant: str
    export: Path
    tags: Path | None = None
    entry: Path | None = None
    like: str = ""
    name: str = ""
    region: str = ""
    prefix: str = ""


def build_addition(project: Project, wish: Wish, folder: Path) -> Addition:
    """Build what is added; a tag list that is changed is written to a folder.

    Raises:
        ElcError: the id is not valid, the other plant is unknown, there is no tag list, or no tag begins with the
            prefix.
    """
    where = f"plant {wish.plant}"
    check_id(wish.plant, where)
    if not (wish.tags or wish.like):
        raise ElcError(f"{where}: it has no tag list. Name a file (tags), or the plant whose list it takes (like).")
    if wish.like:
        check_known("plant", wish.like, read_settings(project).plants, where=where)
    tags = wish.tags or _copy_tags(project, wish, folder)
    own = {"region": wish.region, "name": wish.name}
    keys: dict[str, Any] = {key: value for key, value in own.items() if value}
    entry = wish.entry or _find_entry(wish)
    if entry:
        return Addition(wish.plant, wish.export, tags, entry, keys, str(entry))
    shared = _read_shared(project, wish.like) if wish.like else {}
    source = f"the entry of {wish.like}" if wish.like else f"region {wish.region}"
    named = {"name": wish.plant.replace("_", " ").capitalize()}
    return Addition(wish.plant, wish.export, tags, None, {**named, **shared, **keys}, source)


def _find_entry(wish: Wish) -> Path | None:
    """Find the entry beside the tag list; none where the plant takes its settings from elsewhere."""
    if wish.like or wish.tags is None:
        return None
    path = wish.tags.parent / "plant.yaml"
    return path if path.exists() or not wish.region else None


def _read_shared(project: Project, like: str) -> dict[str, Any]:
    """Read of the entry of a plant what others can take; what its region says, theirs says too."""
    entry = read_yaml(project.params)["plants"][like]
    return {key: value for key, value in entry.items() if key not in _OWN}


def _copy_tags(project: Project, wish: Wish, folder: Path) -> Path:
    """Copy the tag list of another plant: tags have another prefix, and its turnarounds are not used."""
    listed = project.tags(wish.like)
    text = listed.read_text(encoding="utf-8-sig").splitlines()
    delimiter = find_delimiter(text)
    header, *rows = csv.reader(text, delimiter=delimiter)
    old, is_given, new = wish.prefix.partition("=")
    if wish.prefix and not is_given:
        raise ElcError(
            f"plant {wish.plant}: prefix: found {wish.prefix}, expected what the tags of {wish.like} and those of this "
            "plant begin with, as in FJ-=ML-, or =ML- where those have nothing in common."
        )
    tag, role = header.index("tag"), header.index("role")
    named = [row for row in rows if row and row[tag].startswith(old) and not row[tag].startswith(("@", "="))]
    if not named:
        raise ElcError(f"plant {wish.plant}: prefix: no tag of {wish.like} begins with {old}. See {listed}.")
    for row in named:
        row[tag] = new + row[tag].removeprefix(old)
    for row in rows:
        if row and row[tag] == TURNAROUND:
            row[role] = "ignore"
    path = folder / wish.plant / "tags.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])
    return path
