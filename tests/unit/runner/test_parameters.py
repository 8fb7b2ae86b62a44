"""What a notebook may be told: the names of its parameters cell, values of its defaults' types, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from elc.errors import ElcError
from elc.runner import check_parameters, read_parameters

DEFAULTS = 'plant = "fjord"\ndays = 7\nshare = 0.5\nis_quick = False\ncolumns = ["a", -1]'


def write_notebook(path: Path, *sources: str) -> Path:
    cells = [new_code_cell(source, metadata={"tags": ["parameters"]}) for source in sources]
    nbformat.write(new_notebook(cells=[new_code_cell("days = 99"), *cells]), path)
    return path


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return write_notebook(tmp_path / "10_ingest.ipynb", DEFAULTS)


def test_defaults_are_read_from_the_tagged_cell_alone(notebook: Path) -> None:
    assert read_parameters(notebook) == {
        "plant": "fjord",
        "days": 7,
        "share": 0.5,
        "is_quick": False,
        "columns": ["a", -1],
    }


def test_known_parameters_pass(notebook: Path) -> None:
    given = {"plant": "delta", "days": 3}
    assert check_parameters(notebook, given) == given


@pytest.mark.parametrize("sources", [(), (DEFAULTS, DEFAULTS)], ids=["none", "two"])
def test_exactly_one_cell_is_expected(tmp_path: Path, sources: tuple[str, ...]) -> None:
    path = write_notebook(tmp_path / "10_ingest.ipynb", *sources)
    wanted = rf"^10_ingest\.ipynb: found {len(sources)} cells with the tag parameters, expected one\.$"
    with pytest.raises(ElcError, match=wanted):
        read_parameters(path)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("days = 2 * 3", r"days = 2 \* 3"),
        ("day = date.today()", r"day = date\.today\(\)"),
        ("import os", "import os"),
        ("days: int = 7", "days: int = 7"),
        ("a, b = 1, 2", r"a, b = \(1, 2\)"),
        ("print(1)", r"print\(1\)"),
        ("settings.days = 7", r"settings\.days = 7"),
    ],
)
def test_anything_but_a_literal_is_refused(tmp_path: Path, line: str, found: str) -> None:
    path = write_notebook(tmp_path / "10_ingest.ipynb", f'plant = "fjord"\n{line}')
    wanted = rf"^10_ingest\.ipynb: its parameters cell may contain literals only, found: {found}$"
    with pytest.raises(ElcError, match=wanted):
        read_parameters(path)


def test_cell_that_is_no_python_is_refused(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "10_ingest.ipynb", "plant = ")
    with pytest.raises(ElcError, match=r"^10_ingest\.ipynb: "):
        read_parameters(path)


def test_misspelt_name_is_refused_with_the_nearest(notebook: Path) -> None:
    wanted = r"^notebook 10_ingest\.ipynb: parameter plnat is unknown: did you mean plant\?$"
    with pytest.raises(ElcError, match=wanted):
        check_parameters(notebook, {"plnat": "delta"})


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("days", "7", r"parameter days: found '7' \(str\), expected int\."),
        ("days", 7.5, r"parameter days: found 7\.5 \(float\), expected int\."),
        ("days", True, r"parameter days: found True \(bool\), expected int\."),
        ("plant", 7, r"parameter plant: found 7 \(int\), expected str\."),
        ("plant", None, r"parameter plant: found None \(NoneType\), expected str\."),
        ("is_quick", 1, r"parameter is_quick: found 1 \(int\), expected bool\."),
    ],
)
def test_value_of_another_type_is_refused(notebook: Path, name: str, value: Any, wanted: str) -> None:
    with pytest.raises(ElcError, match=wanted):
        check_parameters(notebook, {name: value})


@pytest.mark.parametrize(
    "name", ["plant = 1; import os; os.remove('x'); y", "plant\nimport os", "__import__('os').system('x')", ""]
)
def test_name_that_is_code_is_refused(notebook: Path, name: str) -> None:
    with pytest.raises(ElcError, match="is unknown: "):
        check_parameters(notebook, {name: "x"})


def test_all_faults_are_named_at_once(notebook: Path) -> None:
    with pytest.raises(
        ElcError, match=r"2 faults\n  - parameter plnat is unknown[^\n]+\n  - parameter days: found '7'"
    ):
        check_parameters(notebook, {"plnat": "delta", "days": "7", "share": 0.1})


def test_every_notebook_of_the_project_has_one_plant_as_default() -> None:
    notebooks = sorted((Path(__file__).parents[3] / "notebooks").glob("*.ipynb"))
    assert len(notebooks) >= 7
    assert {path.name: read_parameters(path)["plant"] for path in notebooks} == {
        path.name: "fjord" for path in notebooks
    }
