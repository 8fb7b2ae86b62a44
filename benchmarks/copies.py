"""A fleet to measure in: a project whose plants are copies of the trained demo plants, under names of their own."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from benchmarks.pipeline import copy_project
from elc.curve.content import format_json, hash_card
from elc.paths import Project
from elc.simulate import Historian, find_end

PLANTS = ("fjord", "delta", "steppe")
HOURS = 24  # that are ready to come to each plant


def build_fleet(source: Path, folder: Path, count: int) -> list[str]:
    """Make a project of `count` plants in a new folder, the demo plants first; give their names.

    Exports are hard links to those of `source`, a project whose demo plants are trained. Nothing is registered, so
    `elc hourly` judges candidates.
    """
    folder.mkdir(parents=True)
    copy_project(folder)
    origins = dict(itertools.islice(_name_plants(), count))
    _write_params(folder, origins)
    for plant, origin in origins.items():
        former, project = Project(source), Project(folder)
        project.tags(plant).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(former.tags(origin), project.tags(plant))
        shutil.copytree(former.raw(origin), project.raw(plant), copy_function=_link)
        shutil.copytree(former.model(origin), project.model(plant), dirs_exist_ok=True)
        shutil.copyfile(former.metrics(origin), project.metrics(plant))
        if plant != origin:
            _rename_card(project.model(plant) / "card.json", plant)
            found = json.loads(project.metrics(plant).read_text(encoding="utf-8"))
            project.metrics(plant).write_text(json.dumps(found | {"plant": plant}, indent=2) + "\n", encoding="utf-8")
    for command in (
        ["add", "--all"],
        ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "-m", "Fleet"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return list(origins)


class Arrivals:
    """What historians send to a fleet hour by hour; to a copy what they send to the plant that it is one of."""

    def __init__(self, folder: Path) -> None:
        self._project = Project(folder)
        self._ends = {plant: find_end(self._project, plant) for plant in PLANTS}
        self._historians = {
            plant: Historian(self._project, plant, end + timedelta(hours=HOURS)) for plant, end in self._ends.items()
        }
        self._plants = sorted(path.name for path in self._project.raw("").iterdir())

    def send(self, hours: int = 1) -> None:
        """Let some hours come to every plant."""
        for plant, historian in self._historians.items():
            self._ends[plant] += timedelta(hours=hours)
            historian.send(self._ends[plant])
        for plant in self._plants:
            origin = plant.partition("_")[0]
            if plant != origin and self._project.live(origin).is_dir():
                shutil.copytree(self._project.live(origin), self._project.live(plant), dirs_exist_ok=True)


def _name_plants() -> Any:
    yield from zip(PLANTS, PLANTS, strict=True)
    for number in itertools.count(2):
        for plant in PLANTS:
            yield f"{plant}_{number}", plant


def _write_params(folder: Path, origins: dict[str, str]) -> None:
    """Add an entry for each copy to params.yaml, in one line each, whose comments stay."""
    path = folder / "params.yaml"
    text = path.read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    for plant in PLANTS:
        if plant not in origins:
            raise ValueError(f"a fleet has the {len(PLANTS)} demo plants at least")
    copies = {plant: origin for plant, origin in origins.items() if plant != origin}
    entries = {
        plant: content["plants"][origin] | {"name": plant.replace("_", " ").title()} for plant, origin in copies.items()
    }
    simulated = {plant: content["simulate"]["plants"][origin] for plant, origin in copies.items()}
    before, marker, after = text.partition("\nengine: ")
    path.write_text(
        f"{before.rstrip()}\n{_format(simulated, 4)}\n{marker}{after.rstrip()}\n{_format(entries, 2)}", "utf-8"
    )


def _format(entries: dict[str, Any], indent: int) -> str:
    return "".join(f"{' ' * indent}{name}: {json.dumps(entry)}\n" for name, entry in entries.items())


def _rename_card(path: Path, plant: str) -> None:
    """Name another plant in the card of a package, and seal it anew."""
    card = json.loads(path.read_text(encoding="utf-8")) | {"plant": plant}
    known = {key: value for key, value in card.items() if key != "sha256"}
    path.write_text(format_json(card | {"sha256": hash_card(known)}), encoding="utf-8")


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)
