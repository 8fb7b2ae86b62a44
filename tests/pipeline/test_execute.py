"""A stage's notebook runs whole or leaves everything as it was; equal runs leave equal bytes."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import nbformat
import pytest

from elc.errors import ElcError
from elc.paths import Project
from elc.runner import PAGES, find_stages, run_stage

STAGES = ["ingest", "dataset", "train", "evaluate", "monitor", "explain", "advise", "compare", "report"]
BY_HAND = "compare"  # its page is made by its own command, not by DVC


def hash_files(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def hash_results(project: Project) -> dict[str, dict[str, str]]:
    folders = (project.reports, project.root / "data", project.root / "models")
    return {folder.name: hash_files(folder) for folder in folders}


def test_stages_are_found_in_the_order_of_their_numbers(demo_project: Project) -> None:
    assert list(find_stages(demo_project)) == STAGES


def test_unknown_stage_is_refused_with_the_nearest(demo_project: Project) -> None:
    with pytest.raises(ElcError, match=r"^stage montior is unknown: did you mean monitor\?$"):
        run_stage(demo_project, "montior", "fjord", {})


def test_unknown_plant_is_refused_with_the_nearest(demo_project: Project) -> None:
    with pytest.raises(ElcError, match=r"^params\.yaml: plant fjrod is unknown: did you mean fjord\?$"):
        run_stage(demo_project, "monitor", "fjrod", {})


def test_unknown_parameter_is_refused_before_anything_runs(demo_project: Project) -> None:
    before = hash_results(demo_project)
    wanted = r"^notebook 50_monitor\.ipynb: parameter days is unknown: expected one of environment, plant$"
    with pytest.raises(ElcError, match=wanted):
        run_stage(demo_project, "monitor", "fjord", {"days": 7})
    assert hash_results(demo_project) == before


def test_executed_notebook_has_front_matter_and_no_place(demo_project: Project) -> None:
    for stage, source in find_stages(demo_project).items():
        if stage == BY_HAND:
            continue
        path = demo_project.reports / "fjord" / source.name
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert notebook.cells[0].cell_type == "raw"
        title = nbformat.read(source, as_version=4).cells[0].source.split("# ", 1)[1].splitlines()[0]
        assert notebook.cells[0].source == f'---\ntitle: "Fjord: {title}"\nsubtitle: "ammonia"\n---'
        assert str(demo_project.root) not in path.read_text(encoding="utf-8")
        assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code"), stage
        ids = [cell.id for cell in notebook.cells]
        assert len(set(ids)) == len(ids)


def test_pages_have_receipts_of_what_was_written(demo_project: Project) -> None:
    names = {path.name for path in (demo_project.receipts / "fjord").iterdir()}
    made = [stage for stage in PAGES if stage != BY_HAND]
    assert names == {f"{stage}.json" for stage in made}
    for stage in made:
        receipt = json.loads((demo_project.receipts / "fjord" / f"{stage}.json").read_text(encoding="utf-8"))
        content = (demo_project.root / receipt["notebook"]).read_bytes()
        assert receipt["sha256"] == hashlib.sha256(content).hexdigest()
        assert receipt["title"] == f"Fjord: {stage.capitalize()}"


def test_two_runs_leave_the_same_bytes_and_receipt(copied_project: Project) -> None:
    before = hash_results(copied_project)
    assert "fjord/50_monitor.ipynb" in before["reports"]
    for _ in range(2):
        path = run_stage(copied_project, "monitor", "fjord", {})
        assert path == copied_project.reports / "fjord" / "50_monitor.ipynb"
        assert hash_results(copied_project) == before


def test_failing_stage_leaves_the_former_results_and_says_where_it_failed(copied_project: Project) -> None:
    card = copied_project.model("fjord") / "card.json"
    kept = copied_project.root / "kept"
    shutil.move(card, kept)
    before = hash_results(copied_project)
    wanted = (
        r"^stage monitor fjord: cell 4 failed: ElcError: model package \S+/models/fjord: card\.json was not found\. "
        r"In a fresh clone, fetch it with dvc pull models/fjord; else train the plant with dvc repro train@fjord\.\n"
        r"The notebook up to there: reports/fjord/50_monitor\.failed\.ipynb$"
    )
    with pytest.raises(ElcError, match=wanted):
        run_stage(copied_project, "monitor", "fjord", {})
    after = hash_results(copied_project)
    name = "fjord/50_monitor.failed.ipynb"
    left = {name, "receipts/fjord/monitor.failed.json"}
    assert left <= set(after["reports"])
    assert {**after, "reports": {key: value for key, value in after["reports"].items() if key not in left}} == before
    text = (copied_project.reports / name).read_text(encoding="utf-8")
    outputs = [cell.get("outputs", []) for cell in nbformat.reads(text, as_version=4).cells]
    failing = [output for cell in outputs for output in cell if output.output_type == "error"]
    assert [output.ename for output in failing] == ["ElcError"]
    assert str(copied_project.root) not in text
    shutil.move(kept, card)
    run_stage(copied_project, "monitor", "fjord", {})
    assert not any((copied_project.reports / gone).exists() for gone in left)
