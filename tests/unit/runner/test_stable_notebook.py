"""An executed notebook without what differs between equal runs."""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from elc.runner import normalise


def build_executed(root: Path, stamp: str, kernel: str = "3.11.9") -> nbformat.NotebookNode:
    """Build a notebook as papermill leaves it."""
    times = {"start_time": f"{stamp}T10:00:00", "end_time": f"{stamp}T10:00:01", "duration": 1.0, "status": "completed"}
    output = new_output("stream", text=f"read {root}/data/hourly in {root}\n")
    result = new_output(
        "execute_result", data={"text/plain": f"'{root}/x'", "text/html": [f"<a href='{root}/y'>"]}, execution_count=1
    )
    code = new_code_cell(
        "plant = 1",
        execution_count=1,
        outputs=[output, result],
        metadata={
            "tags": ["parameters"],
            "papermill": times,
            "execution": {"iopub.execute_input": f"{stamp}T10:00:00Z"},
        },
    )
    text = new_markdown_cell("# Title", metadata={"papermill": times, "tags": []})
    notebook = new_notebook(cells=[text, code])
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python", "version": kernel},
            "papermill": {**times, "input_path": f"{root}/notebooks/10.ipynb", "version": "2.6"},
        }
    )
    return notebook


def test_two_runs_in_two_places_become_the_same(tmp_path: Path) -> None:
    first = build_executed(tmp_path / "one", "2024-01-01")
    second = build_executed(tmp_path / "two", "2025-02-02", kernel="3.12.1")
    assert nbformat.writes(first) != nbformat.writes(second)
    stable = [nbformat.writes(normalise(*pair)) for pair in ((first, tmp_path / "one"), (second, tmp_path / "two"))]
    assert stable[0] == stable[1]


def test_times_ids_and_paths_are_gone_and_the_rest_stays(tmp_path: Path) -> None:
    stable = normalise(build_executed(tmp_path, "2024-01-01"), tmp_path)
    text = nbformat.writes(stable)
    for dropped in ("2024-01-01", "duration", "papermill", "language_info", str(tmp_path)):
        assert dropped not in text
    assert [cell.id for cell in stable.cells] == ["cell-01", "cell-02"]
    assert [dict(cell.metadata) for cell in stable.cells] == [{}, {"tags": ["parameters"]}]
    assert stable.metadata == {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    assert stable.cells[1].source == "plant = 1"
    assert stable.cells[1].outputs[0].text == "read data/hourly in .\n"
    assert stable.cells[1].outputs[1].data == {"text/plain": "'x'", "text/html": ["<a href='y'>"]}
    nbformat.validate(stable)


def test_normalising_twice_changes_nothing_more(tmp_path: Path) -> None:
    once = normalise(build_executed(tmp_path, "2024-01-01"), tmp_path)
    assert nbformat.writes(normalise(once, tmp_path)) == nbformat.writes(once)


def test_the_given_notebook_is_left_as_it_is(tmp_path: Path) -> None:
    notebook = build_executed(tmp_path, "2024-01-01")
    before = copy.deepcopy(notebook)
    normalise(notebook, tmp_path)
    assert notebook == before


def test_a_folder_beside_the_root_is_no_part_of_it(tmp_path: Path) -> None:
    root = tmp_path / "elc"
    notebook = new_notebook(cells=[new_code_cell(f"a = '{root}-old/x'")])
    assert normalise(notebook, root).cells[0].source == f"a = '{root}-old/x'"
