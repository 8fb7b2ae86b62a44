"""Workers: one process for many stages, none of which the next can tell, and another one where a stage ends it."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from elc.paths import Project
from elc.workers import Task, Worker, fork, join, open_workers

ROOT = Path(__file__).resolve().parents[3]
STAGES = {
    "tell": "import os\nfrom pathlib import Path\nfrom elc.pages import language\n"
    "Path('told').write_text(f'{os.getpid()} {language.get_language()}')\nlanguage.choose('nb')",
    "die": "import os\nos.kill(os.getpid(), 9)",
    "fail": "raise ValueError",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("project")
    (folder / "notebooks").mkdir()
    shutil.copyfile(ROOT / "params.yaml", folder / "params.yaml")
    for number, (name, source) in enumerate(STAGES.items(), start=10):
        cells = [
            nbformat.v4.new_markdown_cell(f"# {name}"),
            nbformat.v4.new_code_cell('plant = ""\nenvironment = ""', metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(source),
        ]
        metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}}
        nbformat.write(
            nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / "notebooks" / f"{number}_{name}.ipynb"
        )
    return Project(folder, "prod")


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with open_workers(1) as workers, workers.take() as worker:
        yield worker


def run(worker: Worker, project: Project, stage: str) -> tuple[int, list[str]]:
    told = project.root / "told"
    told.unlink(missing_ok=True)
    code = worker.run(Task(project, stage, "fjord", {}))
    return code, told.read_text().split() if told.exists() else []


def test_stages_share_a_process_and_nothing_that_one_chose(worker: Worker, project: Project) -> None:
    code, (first, language) = run(worker, project, "tell")
    assert (code, language) == (0, "en")
    assert run(worker, project, "fail")[0] == 1
    assert run(worker, project, "tell") == (0, [first, "en"])


def test_a_process_that_is_killed_in_a_stage_has_a_successor(worker: Worker, project: Project) -> None:
    _, (first, _) = run(worker, project, "tell")
    assert run(worker, project, "die")[0] == -signal.SIGKILL
    code, (second, _) = run(worker, project, "tell")
    assert code == 0
    assert first != second


def test_no_exit_code_is_lost_where_threads_start_and_wait_at_once() -> None:
    """Each start looks at all processes that run; the one that ends just then is read once."""

    def run(number: int) -> int:
        return join(fork(sys.exit, (number % 7,), name=f"process {number}"))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, range(80))) == [number % 7 for number in range(80)]
