"""Cells that run in this process give what a kernel gives, fail as papermill says, and leave the process as it was."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

from elc.runner import normalise
from elc.runner.shell import NAME

CELLS = (
    "import sys, warnings\nfrom IPython.display import Markdown, SVG, display",
    "print('one')\nprint('two')\nprint('to the other', file=sys.stderr)",
    "Markdown('**bold**')",
    "display(Markdown('first'))\nSVG(data='<svg xmlns=\"http://www.w3.org/2000/svg\"/>')",
    "warnings.warn('look')",
    "x = 1",
    "",
    "x",
    "x;",
)


def write_notebook(path: Path, *cells: str) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(notebook, path)
    return path


def execute(path: Path, engine: str | None) -> nbformat.NotebookNode:
    return papermill.execute_notebook(path, None, engine_name=engine, cwd=path.parent, progress_bar=False)


def test_cells_give_what_a_kernel_gives(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "all.ipynb", *CELLS)
    with pytest.warns(UserWarning, match="look"):
        found = execute(path, NAME)
    assert [len(cell.outputs) for cell in found.cells] == [0, 2, 1, 2, 0, 0, 0, 1, 0]
    kernel = execute(path, None)
    for notebook in (found, kernel):
        notebook.cells[4].outputs = []  # pytest takes the warning here, and the kernel shows it
    assert normalise(found, tmp_path) == normalise(kernel, tmp_path)


def test_failing_cell_is_papermills_error_and_the_last_that_runs(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "fails.ipynb", "x = 1", "print('before')\n1 / 0", "open('after', 'w')")
    with pytest.raises(papermill.PapermillExecutionError) as raised:
        papermill.execute_notebook(path, tmp_path / "out.ipynb", engine_name=NAME, cwd=tmp_path, progress_bar=False)
    error = raised.value
    assert (error.exec_count, error.ename, error.evalue) == (2, "ZeroDivisionError", "division by zero")
    assert not (tmp_path / "after").exists()
    left = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    kinds = [output.output_type for cell in left.cells if cell.cell_type == "code" for output in cell.outputs]
    assert kinds == ["stream", "error"]


def test_syntax_error_is_an_error_of_its_cell(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "syntax.ipynb", "x = = 1")
    with pytest.raises(papermill.PapermillExecutionError) as raised:
        execute(path, NAME)
    assert (raised.value.exec_count, raised.value.ename) == (1, "SyntaxError")


def test_interrupt_stops_the_run(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "stopped.ipynb", "raise KeyboardInterrupt", "open('after', 'w')")
    with pytest.raises(KeyboardInterrupt):
        execute(path, NAME)
    assert not (tmp_path / "after").exists()


def test_the_process_is_left_as_it_was(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "one.ipynb", "secret = 5\nsecret")
    before = (Path.cwd(), sys.stdout, sys.stderr, sys.displayhook, sys.excepthook, sys.modules["__main__"], sys.path[:])
    execute(path, NAME)
    assert (
        Path.cwd(), sys.stdout, sys.stderr, sys.displayhook, sys.excepthook, sys.modules["__main__"], sys.path[:]
    ) == before  # fmt: skip
    assert not hasattr(builtins, "get_ipython")
    other = write_notebook(tmp_path / "two.ipynb", "secret")
    with pytest.raises(papermill.PapermillExecutionError, match="name 'secret' is not defined"):
        execute(other, NAME)
