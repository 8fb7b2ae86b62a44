"""Find the pages of the site: every executed notebook that has a receipt, and is what the receipt says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elc.errors import ElcError, build_nearest
from elc.paths import Project
from elc.records import RecordError
from elc.records.failure import Failure
from elc.records.receipt import read_receipt
from elc.registry import find_place

STEMS = {"monitor": "50_monitor", "explain": "60_explain", "report": "90_report", "compare": "80_compare"}
_COMMANDS = {"compare": "elc compare {plant}"}  # of pages that DVC does not make


@dataclass(frozen=True)
class Page:
    """One page of the site: an executed notebook under reports/<plant>/."""

    plant: str
    stage: str
    title: str
    notebook: Path

    @property
    def source(self) -> str:
        """Path of the notebook below reports/, as a link from the index writes it."""
        return f"{self.plant}/{self.notebook.name}"

    @property
    def target(self) -> str:
        """Path of the page below the site."""
        return f"{self.plant}/{self.notebook.stem}.html"


@dataclass(frozen=True)
class Site:
    """What an engine renders: the pages of plants, the plants' names, what failed, _quarto.yml, and the language."""

    pages: Sequence[Page]
    names: Mapping[str, str]
    failures: Sequence[Failure]
    config: dict[str, Any]
    language: str


def build_repair(project: Project, stage: str, plant: str) -> str:
    """Build the sentence that says how a result of a plant is made anew."""
    command = f"elc run {stage} {plant} --env {project.environment}" if project.environment else ""
    return f"Run {_COMMANDS.get(stage, '').format(plant=plant) or command or f'dvc repro {stage}@{plant}'}."


def find_receipts(project: Project, plants: Iterable[str]) -> list[tuple[Project, str, str]]:
    """Find which plants have a receipt of which stage, and where it lies; comparisons are not of an operation."""
    receipts = []
    for plant in plants:
        for stage in STEMS:
            place = project.operate("") if stage in _COMMANDS else find_place(project, plant)
            if (place.receipts / plant / f"{stage}.json").is_file():
                receipts.append((place, plant, stage))
    return receipts


def read_pages(project: Project, plants: Iterable[str], faults: list[str]) -> list[Page]:
    """Read the receipts of the plants, and add to the faults each page that is not as its receipt says."""
    receipts = find_receipts(project, plants)
    if not receipts and not project.environment:
        faults.append(
            "reports/receipts: no plant has a page yet. Run dvc repro monitor@<plant> for a plant of params.yaml."
        )
    pages = [_read_page(place, plant, stage, faults) for place, plant, stage in receipts]
    return [page for page in pages if page is not None]


def find_page(project: Project, plant: str, name: str) -> Page:
    """Find a page of a plant by its name, `monitor` of `50_monitor.ipynb`; one with a receipt is what that says.

    Raises:
        ElcError: there is no such page, or it is not as its receipt says.
    """
    place = project.operate("") if name in _COMMANDS else find_place(project, plant)
    folder = place.reports / plant
    found = {path.stem.partition("_")[2]: path for path in folder.glob("[0-9]*_*.ipynb") if "." not in path.stem}
    if name not in found:
        where = folder.relative_to(project.root).as_posix()
        known = build_nearest(name, found) if found else f"there is none. {build_repair(project, 'monitor', plant)}"
        raise ElcError(f"{where}: has no page {name}: {known}")
    if not (place.receipts / plant / f"{name}.json").is_file():
        return Page(plant, name, f"{plant}: {name.capitalize()}", found[name])
    faults: list[str] = []
    page = _read_page(place, plant, name, faults)
    if page is None:
        raise ElcError(f"pdf: {faults[0]}")
    return page


def _read_page(project: Project, plant: str, stage: str, faults: list[str]) -> Page | None:
    path = project.receipts / plant / f"{stage}.json"
    name = path.relative_to(project.root).as_posix()
    repair = build_repair(project, stage, plant)
    try:
        receipt = read_receipt(path, cure=repair, root=project.root)
    except RecordError as error:
        faults.append(str(error))
        return None
    expected = f"reports/{plant}/{STEMS[stage]}.ipynb"
    if receipt.notebook != expected:
        faults.append(f"{name}: is for notebook {receipt.notebook}, expected {expected}. {repair}")
        return None
    notebook = project.place / expected
    if not notebook.is_file():
        faults.append(f"{expected}: not found, but has a receipt. {repair}")
        return None
    if hashlib.sha256(notebook.read_bytes()).hexdigest() != receipt.sha256:
        faults.append(f"{expected}: is not the notebook of its receipt (sha256 differs). {repair}")
        return None
    return Page(plant, stage, receipt.title or f"{plant} {stage}", notebook)
