"""One hour of operation in this process: the code cells of the notebooks, on an hourly table of the test's choice.

What runs is what the notebooks hold, so that a test and the product cannot drift apart. Only which package is used is
told, not looked up in Git: as a candidate, or as if it were deployed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import nbformat
import pandas as pd

from elc import findings, registry
from elc.fields import TIME
from elc.pages import language
from elc.pages.figures import chart
from elc.paths import Project
from elc.registry import Used
from elc.runner import find_stages

STAGES = ("explain", "advise", "monitor")  # in the order in which they run


@dataclass(frozen=True)
class Operation:
    """A folder in which hours of one plant are operated, one after the other, with what each leaves for the next."""

    project: Project
    plant: str
    used: Used

    def run(self, hourly: pd.DataFrame, *, is_drawn: bool, stages: tuple[str, ...] = STAGES) -> None:
        """Run the stages of an hour on an hourly table; what they write stays in the folder.

        `is_drawn`: draw the pictures, which takes most of the time; else only what they show is worked out.
        """
        folder = self.project.hourly(self.plant)
        folder.mkdir(parents=True, exist_ok=True)
        hourly.to_parquet(folder / "hourly.parquet", index=False)
        findings.write_findings(self.project.findings(self.plant), self._choose_findings(hourly))
        pictures = contextlib.nullcontext() if is_drawn else mock.patch.object(chart, "_draw", return_value=("", None))
        used = mock.patch.object(registry, "find_used", return_value=self.used)
        with _work_in(self.project.root), used, pictures:
            for stage in stages:
                run_cells(find_stages(self.project)[stage], self.plant)
        language.choose(language.ENGLISH)

    def read(self, stage: str, name: str) -> pd.DataFrame:
        """Read a table that a stage left."""
        return pd.read_parquet(self.project.operation(stage, self.plant) / f"{name}.parquet")

    def _choose_findings(self, hourly: pd.DataFrame) -> pd.DataFrame:
        """The findings of the whole table that were there at its last hour."""
        whole = findings.read_findings(self.project.root / "findings.parquet")
        return whole[whole["start"] <= hourly[TIME].max()] if len(hourly) else whole.iloc[:0]


def build_operation(demo: Project, folder: Path, plant: str, *, is_deployed: bool) -> Operation:
    """Build a folder to operate a demo plant in, with the package of the candidate."""
    project = Project(folder)
    for name in ("params.yaml", "dvc.yaml"):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(demo.root / name, folder / name)
    for part in ("notebooks", f"data/plants/{plant}", f"models/{plant}"):
        shutil.copytree(demo.root / part, folder / part)
    project.metrics(plant).parent.mkdir(parents=True)
    shutil.copyfile(demo.metrics(plant), project.metrics(plant))
    shutil.copyfile(demo.findings(plant), folder / "findings.parquet")
    # A version's figures are in Git, which is not here: it is looked up as the candidate's.
    return Operation(project, plant, Used(project.model(plant), "prod" if is_deployed else "", "", "", ""))


def run_cells(notebook: Path, plant: str) -> None:
    """Run the code cells of a notebook for a plant, in a namespace of its own.

    Raises:
        Exception: what a cell raised, with its text as a note.
    """
    names: dict[str, object] = {}
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        try:
            exec(compile(cell.source, f"{notebook.name}", "exec"), names)
        except Exception as error:
            error.add_note(f"{notebook.name}:\n{cell.source}")
            raise
        if "parameters" in cell.metadata.get("tags", []):
            names["plant"] = plant


@contextlib.contextmanager
def _work_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
