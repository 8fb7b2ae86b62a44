"""Check an export against its tag list, before or after the plant is added: what is there, and what a curve lacks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from elc import ingest, quality
from elc.cli.check.proposals import find_proposals
from elc.cli.check.readiness import Readiness, find_readiness
from elc.errors import check_faults
from elc.findings import join
from elc.ingest import Inventory
from elc.paths import Project
from elc.runner import check_fetched
from elc.settings import (
    StageSettings,
    TagList,
    build_plant,
    check_entry,
    read_plant,
    read_settings,
    read_tags,
    read_yaml,
)


@dataclass(frozen=True)
class Brought:
    """What an integrator brings for a plant: an export (a file or a folder), a tag list and an entry."""

    export: Path
    tags: Path
    entry: Path


@dataclass(frozen=True)
class ExportCheck:
    """What was found: `inventory` as read, the findings of every check, and whether it makes a curve.

    `proposals` are sentences on keys of the tag list that are not given. `hourly` is that of the inventory, without the
    time between chosen intervals: there nothing was to be read.
    """

    export: Path
    tags: TagList
    settings: StageSettings
    inventory: Inventory
    hourly: pd.DataFrame
    findings: pd.DataFrame
    readiness: Readiness
    proposals: list[str]


def check_plant(project: Project, plant: str, brought: Brought | None) -> ExportCheck:
    """Check a plant of the project; or one that is not added yet, from what was brought, writing nothing.

    Raises:
        ElcError: a file, the entry or the tag list cannot be used.
    """
    if brought is None:
        settings = read_plant(project, plant)
        check_fetched(project, "ingest", plant)
        return _check(project.raw(plant), project.tags(plant), settings, project.cache(plant))
    with _open_folder() as cache:
        return _check(brought.export, brought.tags, _read_brought(project, plant, brought), cache)


@contextmanager
def _open_folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="elc-check-") as folder:
        yield Path(folder)


def _read_brought(project: Project, plant: str, brought: Brought) -> StageSettings:
    where = f"plant {plant}"
    names = {"the export": brought.export, "the tag list": brought.tags, "its entry for params.yaml": brought.entry}
    check_faults(where, [f"{what} {path} was not found." for what, path in names.items() if not path.exists()])
    settings = read_settings(project)
    entry = check_entry(read_yaml(brought.entry), plant, f"{where}: {brought.entry}", settings)
    return build_plant(settings, plant, entry)


def _check(export: Path, listed: Path, settings: StageSettings, cache: Path) -> ExportCheck:
    tags = read_tags(listed, settings.plant_id)
    inventory = ingest.read_inventory(export, tags, settings, cache=cache)
    checked, findings = inventory.hourly, inventory.findings
    if inventory.tags.columns("throughput"):  # what tells running from standing; the checks need it
        checked, suspects = quality.check_hourly(checked, inventory.traces, inventory.tags, settings)
        checked, gaps = ingest.fill_weather(checked, inventory.tags, settings)
        findings = join(findings, suspects, gaps)
    hourly = inventory.hourly
    if not settings.plant.export.is_continuous:
        hourly = hourly[inventory.traces.readings.gt(0).any(axis=1)]
    readiness = find_readiness(hourly, checked.loc[hourly.index], tags, inventory.tags, settings)
    proposals = find_proposals(inventory, checked, settings)
    return ExportCheck(export, tags, settings, inventory, hourly, findings, readiness, proposals)
