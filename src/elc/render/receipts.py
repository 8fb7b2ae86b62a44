"""Find the pages of the site: every executed notebook that has a receipt, and is what the receipt says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elc.paths import Project

STEMS = {"monitor": "50_monitor", "explain": "60_explain", "compare": "80_compare"}
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
class Failure:
    """A stage of a plant that failed, and the sentence that says how."""

    plant: str
    stage: str
    sentence: str


@dataclass(frozen=True)
class Site:
    """What an engine renders: the pages of plants, the plants' names, what failed, _quarto.yml, and the language."""

    pages: Sequence[Page]
    names: Mapping[str, str]
    failures: Sequence[Failure]
    config: dict[str, Any]
    language: str


def read_json(path: Path, name: str, repair: str, faults: list[str]) -> dict[str, Any] | None:
    """Read a JSON object, or add to the faults why it cannot be read and how to repair it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        faults.append(f"{name}: not found. {repair}")
        return None
    except (OSError, ValueError) as error:
        faults.append(f"{name}: not readable as JSON ({type(error).__name__}). {repair}")
        return None
    if not isinstance(content, dict):
        faults.append(f"{name}: holds no object. {repair}")
        return None
    return content


def find_receipts(project: Project, plants: Iterable[str]) -> list[tuple[str, str]]:
    """Find which plants have a receipt of which stage."""
    return [
        (plant, stage) for plant in plants for stage in STEMS if (project.receipts / plant / f"{stage}.json").is_file()
    ]


def read_pages(project: Project, plants: Iterable[str], faults: list[str]) -> list[Page]:
    """Read the receipts of the plants, and add to the faults each page that is not as its receipt says."""
    receipts = find_receipts(project, plants)
    if not receipts:
        faults.append(
            "reports/receipts: no plant has a page yet. Run dvc repro monitor@<plant> for a plant of params.yaml."
        )
    pages = [_read_page(project, plant, stage, faults) for plant, stage in receipts]
    return [page for page in pages if page is not None]


def _read_page(project: Project, plant: str, stage: str, faults: list[str]) -> Page | None:
    name = f"reports/receipts/{plant}/{stage}.json"
    repair = f"Run {_COMMANDS.get(stage, 'dvc repro {stage}@{plant}').format(stage=stage, plant=plant)}."
    receipt = read_json(project.root / name, name, repair, faults)
    if receipt is None:
        return None
    expected = f"reports/{plant}/{STEMS[stage]}.ipynb"
    if receipt.get("notebook") != expected:
        faults.append(f"{name}: names notebook {receipt.get('notebook')}, expected {expected}. {repair}")
        return None
    notebook = project.root / expected
    if not notebook.is_file():
        faults.append(f"{expected}: not found, but has a receipt. {repair}")
        return None
    if hashlib.sha256(notebook.read_bytes()).hexdigest() != receipt.get("sha256"):
        faults.append(f"{expected}: is not the notebook of its receipt (sha256 differs). {repair}")
        return None
    return Page(plant, stage, str(receipt.get("title") or f"{plant} {stage}"), notebook)
