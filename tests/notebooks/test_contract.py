"""The contract of every committed notebook: thin, in one order, without outputs, the same bytes after stripping."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from elc.paths import Project
from elc.runner import find_stages, read_parameters
from elc.settings import Settings, read_settings

ROOT = Path(__file__).resolve().parents[2]
STAGES = find_stages(Project(ROOT))
FORBIDDEN = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try, ast.With, ast.Lambda, ast.BinOp)
pytestmark = pytest.mark.parametrize("stage", STAGES)


def read(stage: str) -> nbformat.NotebookNode:
    return nbformat.read(STAGES[stage], as_version=4)


def read_code(stage: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(stage).cells if cell.cell_type == "code"]


def read_lines(cell: nbformat.NotebookNode) -> list[str]:
    return [line for line in cell.source.splitlines() if line.strip() and not line.startswith("#|")]


def test_first_cell_says_what_is_read_and_written(stage: str) -> None:
    first = read(stage).cells[0]
    assert first.cell_type == "markdown"
    for wanted in (r"^# \w+", r"^\*Reads:\* ", r"^\*Writes:\* ", r"^\*Settings:\* "):
        assert re.search(wanted, first.source, re.MULTILINE), wanted


def test_second_cell_holds_the_parameters(stage: str) -> None:
    assert "parameters" in read(stage).cells[1].metadata.tags
    defaults = read_parameters(STAGES[stage])
    assert defaults["plant"] in read_settings(Project(ROOT)).simulate.plants


def test_imports_come_next_and_are_modules(stage: str) -> None:
    """What computes comes from elc, what shows from elc.pages; words are named as `pages.monitor.write_head`."""
    body = ast.parse(read_code(stage)[1].source).body
    assert [getattr(line, "module", "") for line in body] == ["elc", "elc.pages"]
    for line in body:
        assert isinstance(line, ast.ImportFrom)
        for alias in line.names:
            module = ROOT.joinpath("src", *str(line.module).split("."), alias.name)
            assert module.with_suffix(".py").is_file() or (module / "__init__.py").is_file(), alias.name


def test_size(stage: str) -> None:
    cells = read_code(stage)
    assert 8 <= len(cells) <= 15
    assert sum(len(read_lines(cell)) for cell in cells) <= 60
    for cell in cells:
        assert 1 <= len(read_lines(cell)) <= 5, cell.source


def test_logic_lives_in_the_package(stage: str) -> None:
    for cell in read_code(stage):
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, FORBIDDEN), ast.unparse(node)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert "/" not in node.value.replace("GJ/h", "").replace("TJ/h", ""), node.value
        assert not re.search(r"sys\.path|chdir|^\s*[!%]", cell.source, re.MULTILINE)


def test_only_the_last_call_of_a_cell_shows_something(stage: str) -> None:
    """Jupyter shows the value of a cell's last line alone; what an earlier one returns is lost."""
    for cell in read_code(stage):
        body = ast.parse(cell.source).body
        assert "figures." not in "".join(ast.unparse(line) for line in body[:-1]), cell.source


def test_last_cell_writes(stage: str) -> None:
    last = [cell for cell in read_code(stage) if ".write_" in cell.source][-1]
    rest = read_code(stage)[read_code(stage).index(last) + 1 :]
    if stage == "train":  # what it wrote is read back, and looked at
        assert "package = curve.read(" in rest[0].source
    assert all(stage == "train" and "package" in cell.source for cell in rest)


def test_no_outputs(stage: str) -> None:
    for cell in read_code(stage):
        assert cell.outputs == []
        assert cell.execution_count is None


@pytest.fixture(scope="module")
def stripped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of copies of all notebooks, stripped by one process: its start takes seconds."""
    folder = tmp_path_factory.mktemp("stripped")
    copies = [shutil.copyfile(path, folder / path.name) for path in STAGES.values()]
    command = ["--keep-id", "--extra-keys", "metadata.language_info", *map(str, copies)]
    subprocess.run([sys.executable, "-m", "nbstripout", *command], check=True)
    return folder


def test_bytes_come_back_after_stripping(stage: str, stripped: Path) -> None:
    assert (stripped / STAGES[stage].name).read_bytes() == STAGES[stage].read_bytes()


def test_stage_shares_its_word(stage: str) -> None:
    """Stage, notebook, params section, settings class and module share one word."""
    assert stage in Settings.model_fields
    assert Settings.model_fields[stage].annotation.__name__ == f"{stage.capitalize()}Settings"  # type: ignore[union-attr]
    assert importlib.util.find_spec(f"elc.{stage}") is not None
    unit = ROOT / "tests" / "unit"
    assert (unit / f"test_{stage}.py").is_file() or (unit / stage).is_dir()
