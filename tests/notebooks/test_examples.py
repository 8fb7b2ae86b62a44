"""The notebook that a newcomer opens first runs as it is committed, and shows a curve and a gap."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import papermill
import pytest

from elc.runner.shell import NAME
from tests.conftest import ROOT

NOTEBOOK = ROOT / "examples" / "own_data" / "own_data.ipynb"
pytestmark = [
    pytest.mark.slow,
    # Keras about NumPy
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]


@pytest.mark.long(reason="trains in full; blocks of the documents do so for an epoch in `make test`")
def test_from_a_table_to_a_curve_in_ten_lines(tmp_path: Path) -> None:
    done = papermill.execute_notebook(
        NOTEBOOK, tmp_path / "own.ipynb", engine_name=NAME, cwd=NOTEBOOK.parent, progress_bar=False
    )
    shown = json.dumps([cell.get("outputs", []) for cell in done.cells])
    assert "Curve of ammonia_t_per_h and 2 drivers" in shown
    assert "image/svg+xml" in shown
    assert "gap_frac" in shown
    code = [cell.source for cell in done.cells if cell.cell_type == "code"]
    assert len(code) <= 10


def test_it_is_committed_without_outputs() -> None:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    assert all(not cell.outputs and cell.execution_count is None for cell in cells if cell.cell_type == "code")
