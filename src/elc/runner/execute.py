"""Execute a stage's notebook and put the result in its place, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat

from elc.errors import ElcError, build_nearest
from elc.extras import say_missing
from elc.failures import CellError, remove_failures, write_failure
from elc.files import replace_file
from elc.pages.language import escape
from elc.paths import Project
from elc.records.receipt import Receipt, write_receipt
from elc.runner.inputs import check_fetched
from elc.runner.parameters import check_parameters
from elc.runner.stable import normalise
from elc.settings import PlantSettings, read_plant

# papermill also reads notebooks from clouds, and imports their libraries where they are installed: a fifth of a second
# of every stage. Here a notebook is a file, and papermill does without them.
for _cloud in ("abs", "adl", "s3"):
    sys.modules.setdefault(f"papermill.{_cloud}", None)  # type: ignore[arg-type]

# The stages whose executed notebooks are pages of the site.
PAGES = ("monitor", "explain", "report", "compare")
# Its page is asked for by hand, so that only the caller learns of its failure.
BY_HAND = "compare"


def find_stages(project: Project) -> dict[str, Path]:
    """Find the notebook of each stage, in the order of their numbers."""
    paths = sorted(project.notebooks.glob("[0-9][0-9]_*.ipynb"))
    return {path.stem.split("_", 1)[1]: path for path in paths}


def run_stage(project: Project, stage: str, plant: str, given: dict[str, Any]) -> Path:
    """Run one stage of one plant and return the executed notebook under `reports/<plant>/` of the project's place.

    A stage that is a page also leaves a receipt, on which the site depends. A stage that fails leaves what it had
    executed as `<notebook>.failed.ipynb`, and its sentence beside the receipts; the results of earlier runs stay.

    Raises:
        ElcError: stage, plant or a parameter is unknown, params.yaml has faults, or a cell failed.
    """
    stages = find_stages(project)
    if stage not in stages:
        raise ElcError(f"stage {stage} is unknown: {build_nearest(stage, stages)}")
    settings = read_plant(project, plant).plant
    if environment := given.get("environment"):
        project = project.operate(str(environment))
    parameters = check_parameters(stages[stage], {"plant": plant, **given})
    if not project.environment:
        check_fetched(project, stage, plant)
    try:
        target = _run(project, stage, plant, settings, stages[stage], parameters)
    except ElcError as error:
        if stage != BY_HAND:
            write_failure(project, stage, plant, error)
        raise
    remove_failures(project, plant, [stage])
    return target


def _run(
    project: Project, stage: str, plant: str, settings: PlantSettings, source: Path, parameters: dict[str, Any]
) -> Path:
    target = project.reports / plant / source.name
    failed = target.with_suffix(".failed.ipynb")
    executed = _execute(project, source, parameters, failed, f"{stage} {plant}")
    failed.unlink(missing_ok=True)
    title = f"{settings.name}: {_read_heading(source)}"
    _write(target, _add_front_matter(normalise(executed, project.root), title, settings))
    if stage in PAGES:
        _write_receipt(project, stage, plant, target, title)
    return target


def _execute(
    project: Project, source: Path, parameters: dict[str, Any], failed: Path, label: str
) -> nbformat.NotebookNode:
    import papermill  # seconds to import: only where a notebook runs

    from elc.runner.shell import NAME

    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / source.name
        try:
            executed: nbformat.NotebookNode = papermill.execute_notebook(
                source,
                output,
                parameters=parameters,
                engine_name=NAME,
                request_save_on_cell_execute=False,
                cwd=project.root,
                progress_bar={"desc": label, "bar_format": "{desc}: {n_fmt}/{total_fmt} cells, {elapsed}"},
            )
            return executed
        except papermill.PapermillExecutionError as error:
            partial = normalise(nbformat.read(output, as_version=4), project.root)
            _write(failed, partial)
            where = f"stage {label}: cell {error.exec_count} failed"
            shown = failed.relative_to(project.root)
            said = _say(error.ename, error.evalue)
            sentence = error.evalue if error.ename == ElcError.__name__ else said
            raise CellError(f"{where}: {said}\nThe notebook up to there: {shown}", sentence) from None


def _say(name: str, value: str) -> str:
    """Describe what a cell raised; of a package that is not installed, which extra brings it."""
    missing = re.fullmatch(r"No module named '(\w+)(?:\.[\w.]+)?'", value)
    if name == ModuleNotFoundError.__name__ and missing and missing[1] != "elc":
        return say_missing(missing[1])
    return f"{name}: {value}"


def _read_heading(path: Path) -> str:
    """Read a notebook's title: the first heading of its first cell."""
    text = nbformat.read(path, as_version=4).cells[0].source
    match = re.search(r"^# (.+)$", text, re.MULTILINE)
    if match is None:
        raise ElcError(f"{path.name}: its first cell has no title. Start the cell with a line '# Title'.")
    return match.group(1)


def _add_front_matter(notebook: nbformat.NotebookNode, title: str, settings: PlantSettings) -> nbformat.NotebookNode:
    front = {"title": title, "subtitle": escape(settings.product)}
    text = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in front.items())
    cell = nbformat.v4.new_raw_cell(f"---\n{text}\n---", id="front-matter")
    notebook.cells.insert(0, cell)
    return notebook


def _write(path: Path, notebook: nbformat.NotebookNode) -> None:
    with replace_file(path) as temporary:
        nbformat.write(notebook, temporary)


def _write_receipt(project: Project, stage: str, plant: str, target: Path, title: str) -> None:
    name, digest = target.relative_to(project.place).as_posix(), hashlib.sha256(target.read_bytes()).hexdigest()
    write_receipt(project.receipts / plant / f"{stage}.json", Receipt(notebook=name, sha256=digest, title=title))
