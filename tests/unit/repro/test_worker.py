"""A worker's side of a fleet: it runs a stage as the coordinator describes it, or refuses with one sentence."""

from __future__ import annotations

import errno
import json
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo
from dvc.stage.serialize import split_params_deps

from benchmarks.fleet.workers import clone
from elc.paths import Project
from elc.repro.checkout import hold_checkout
from elc.repro.remote import Remote
from elc.repro.task import Failed, Input, Made, Refused, Task, build_recipe
from elc.repro.worker import find_commit, run_in
from tests.conftest import ROOT
from tests.unit.repro.pipeline import PIPELINE, make_project, run, run_dvc, run_git

WHERE = "tcp://127.0.0.1:1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A coordinator with what it made in the remote, and a worker's clone beside it."""
    folder = tmp_path_factory.mktemp("fleet")
    project = make_project(folder / "project")
    run_dvc(project, "remote", "add", "-q", "-d", "store", str(folder / "store"))
    run_git(project, "add", "--all")
    run_git(project, "commit", "-qm", "Begin")
    clone(project.root, folder / "worker")
    run(project)
    run_dvc(project, "push", "-q")
    with Repo(str(project.root)) as repo:
        last = repo.stage.load_one(str(project.pipeline), "last")
        remote = Remote(repo)
        remote.push([remote.keep(item) for item in (*last.deps, *last.outs)])  # which dvc push leaves out
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "project", tmp_path / "project")
    shutil.copytree(made / "worker", tmp_path / "worker")
    return tmp_path


def build_task(folder: Path, stage: str = "part@a") -> Task:
    """What the coordinator would send: from its lock, which has all hashes."""
    project = folder / "project"
    entry = yaml.safe_load((project / "dvc.lock").read_text())["stages"][stage]
    with Repo(str(project)) as repo:
        recipe = build_recipe(repo.stage.load_one(str(project / "dvc.yaml"), stage)).parts
    inputs = {dep["path"]: Input(dep["md5"], dep["path"] != "seed") for dep in entry["deps"]}
    return Task(stage, run_git(Project(project), "rev-parse", "HEAD").strip(), recipe, inputs)


def read_outputs(folder: Path, stage: str = "part@a") -> Mapping[str, str]:
    entry = yaml.safe_load((folder / "project" / "dvc.lock").read_text())["stages"][stage]
    return {out["path"]: out["md5"] for out in entry["outs"]}


def work(folder: Path, task: Task) -> Any:
    return run_in(Project(folder / "worker"), task, WHERE)


def refuse(folder: Path, task: Task) -> str:
    refused = work(folder, task)
    assert isinstance(refused, Refused)
    assert refused.sentence.startswith(f"worker {WHERE} ({folder / 'worker'}): {task.stage}: ")
    assert "\n" not in refused.sentence
    return refused.sentence


def test_a_stage_gives_what_it_gives_at_the_coordinator(folder: Path) -> None:
    task = build_task(folder)
    shutil.rmtree(folder / "worker" / ".dvc" / "cache", ignore_errors=True)
    (folder / "worker" / "part-a.txt").write_text("half writ")
    assert work(folder, task) == Made(read_outputs(folder))
    assert (folder / "worker" / "part-a.txt").read_bytes() == (folder / "project" / "part-a.txt").read_bytes()
    assert not (folder / "worker" / "dvc.lock").exists()


def test_a_folder_of_outputs_and_a_metric_of_git_travel_by_hash(folder: Path) -> None:
    assert work(folder, build_task(folder, "last")) == Made(read_outputs(folder, "last"))
    assert (folder / "worker" / "after" / "b.txt").read_text() == "seed\nb 2\n" * 2


def test_no_value_of_a_parameter_travels(folder: Path) -> None:
    for name in ("project", "worker"):
        (folder / name / "params.yaml").write_text("scale: hooks.example.org/secret\n")
    task = build_task(folder)
    assert b"secret" not in pickle.dumps((task, work(folder, task)))
    assert "secret" in (folder / "worker" / "part-a.txt").read_text()


def test_a_command_that_fails_leaves_nothing_and_says_why(folder: Path) -> None:
    for name in ("project", "worker"):
        text = PIPELINE.replace("> part-${item}.txt", "> part-${item}.txt; echo broken valve; exit 3")
        (folder / name / "dvc.yaml").write_text(text)
    assert work(folder, build_task(folder)) == Failed(3, "broken valve")
    assert not (folder / "worker" / "part-a.txt").exists()


def test_another_checkout_is_refused_with_both_commits(folder: Path) -> None:
    task = build_task(folder)
    there = task.commit[:10]
    worker = Project(folder / "worker")
    (folder / "worker" / "params.yaml").write_text("scale: 3\n")
    assert f"params.yaml: scale. Both are at commit {there}: undo what was changed" in refuse(folder, task)
    (folder / "worker" / "params.yaml").write_text("scale: 2\n")
    run_git(worker, "commit", "-q", "--allow-empty", "-m", "Another")
    here = run_git(worker, "rev-parse", "HEAD")[:10]
    said = refuse(folder, task)
    assert f"This checkout is at commit {here}, the coordinator at {there}: check out {there} here." in said
    text = PIPELINE.replace("cat first.txt; echo", "cat first.txt; printf")
    (folder / "worker" / "dvc.yaml").write_text(text)
    assert "not as at the coordinator: its command. " in refuse(folder, task)


def test_a_file_of_git_that_differs_is_refused_and_left(folder: Path) -> None:
    (folder / "worker" / "seed").write_text("another seed\n")
    assert "not as at the coordinator: seed. " in refuse(folder, build_task(folder, "first"))
    assert (folder / "worker" / "seed").read_text() == "another seed\n"


def test_an_input_that_another_run_writes_meanwhile_gives_no_result(folder: Path) -> None:
    for name in ("project", "worker"):
        text = PIPELINE.replace("echo part@${item} >> runs;", "echo changed > first.txt;")
        (folder / name / "dvc.yaml").write_text(text)
    assert "first.txt was written by another run while the stage ran." in refuse(folder, build_task(folder))
    assert not (folder / "worker" / "part-a.txt").exists()


def test_a_checkout_that_another_run_uses_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elc.repro.worker.BUSY_S", 0.0)
    with hold_checkout(Project(folder / "worker"), wait_s=0):
        assert "another elc repro of this checkout has not finished" in refuse(folder, build_task(folder))


def test_what_the_remote_lacks_is_named(folder: Path) -> None:
    task = build_task(folder)
    lacking = Task(task.stage, task.commit, task.recipe, {"first.txt": Input("0" * 32, True)})
    said = refuse(folder, lacking)
    assert f"store lacks 1 objects that are needed, such as {'0' * 32}. Push them" in said


def test_without_a_remote_the_way_to_add_one_is_said(folder: Path) -> None:
    task = build_task(folder)
    config = folder / "worker" / ".dvc" / "config"
    config.write_text("[core]\n    analytics = false\n")
    assert "set one that all of them reach, with dvc remote add --default." in refuse(folder, task)


CODE = """\
stages:
  code:
    cmd: elc code
    always_changed: true
    outs: [code]
  simulate:
    cmd: cat seed > made.txt
    deps: [code/simulate.json, code/plants/fjord.json, seed]
    params: [simulate.days]
    outs: [made.txt]
"""


def test_other_code_or_libraries_are_refused_by_name_and_the_same_are_taken(folder: Path) -> None:
    project, worker = (folder / name for name in ("project", "worker"))
    for root in (project, worker):
        (root / "dvc.yaml").write_text(CODE)
        shutil.copyfile(ROOT / "params.yaml", root / "params.yaml")
    code = project / "code" / "simulate.json"
    code.parent.mkdir()
    code.write_text(json.dumps({"libraries": {"numpy": "0.1"}, "modules": {"elc.gone": "0"}}))
    (code.parent / "plants").mkdir()
    (code.parent / "plants" / "fjord.json").write_text("{}")
    said = refuse(folder, build_code_task(project))
    numpy = metadata.version("numpy")
    assert "simulate: its code or libraries differ: library " in said
    assert f"library numpy ({numpy} here, 0.1 at the coordinator), " in said
    assert re.search(r", module elc\.errors, .* and \d\d more modules\. Both are at commit", said)
    assert "install the packages of requirements.lock" in said
    shutil.copyfile(worker / "code" / "simulate.json", code)
    shutil.copytree(worker / "code" / "plants", project / "code" / "plants", dirs_exist_ok=True)
    entry = project / "code" / "plants" / "fjord.json"
    settings = json.loads(entry.read_text())
    entry.write_text(json.dumps(settings | {"battery_limit": "another", "interval": "2h"}))
    said = refuse(folder, build_code_task(project))
    assert "simulate: the settings of plant fjord differ here: battery_limit, interval. Both are at commit" in said
    shutil.copyfile(worker / "code" / "plants" / "fjord.json", entry)
    assert isinstance(work(folder, build_code_task(project)), Made)


def test_a_setting_that_a_stage_reads_of_a_plant_is_that_of_the_workers_own_code(folder: Path) -> None:
    """As the stage of a simulated plant does; code/ lies in no checkout until a stage needs it."""
    project, worker = (folder / name for name in ("project", "worker"))
    named = "params: [code/plants/fjord.json: [export]]"
    for root in (project, worker):
        (root / "dvc.yaml").write_text(
            CODE.replace("params: [simulate.days]", named).replace("code/plants/fjord.json, ", "")
        )
        shutil.copyfile(ROOT / "params.yaml", root / "params.yaml")
    subprocess.run([sys.executable, "-c", "from elc.cli import main; main()", "code"], cwd=project, check=True)
    assert not (worker / "code").exists()
    assert isinstance(work(folder, build_code_task(project)), Made)
    params = (worker / "params.yaml").read_text(encoding="utf-8")
    (worker / "params.yaml").write_text(
        params.replace("time_zone: UTC ", "time_zone: Asia/Tokyo ", 1), encoding="utf-8"
    )
    assert "not as at the coordinator: code/plants/fjord.json: export." in refuse(folder, build_code_task(project))


def build_code_task(root: Path) -> Task:
    """What a coordinator would send whose code/simulate.json is as it is."""
    with Repo(str(root)) as repo:
        stage = repo.stage.load_one(str(root / "dvc.yaml"), "simulate")
        remote = Remote(repo)
        hashes = {dep.def_path: remote.keep(dep) for dep in split_params_deps(stage)[1]}
        remote.push(hashes.values())
        inputs = {path: Input(value, path != "seed") for path, value in hashes.items()}
        return Task("simulate", find_commit(repo), build_recipe(stage).parts, inputs)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "the disk is full (OSError: [Errno 28] No space left on device)",
        ),
        (PermissionError("Forbidden"), "Give this machine credentials of its own that may read and write there."),
        (ConnectionError("refused"), "for 0 s now: ConnectionError: refused. When the remote is there again, run the"),
    ],
)
def test_a_transfer_that_fails_is_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("elc.repro.remote.PATIENCE_S", 0.0)
    monkeypatch.setattr("dvc_data.hashfile.db.HashFileDB.add", fail)
    assert words in refuse(folder, build_task(folder))


def test_a_remote_that_is_down_for_a_while_is_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dvc_data.hashfile.db import HashFileDB

    tries: list[float] = []
    add = HashFileDB.add

    def stumble(*args: Any, **kwargs: Any) -> Any:
        tries.append(1.0)
        if len(tries) < 3:
            raise ConnectionError("refused")
        return add(*args, **kwargs)

    monkeypatch.setattr("elc.repro.remote._LONGEST_PAUSE_S", 0.0)
    monkeypatch.setattr(HashFileDB, "add", stumble)
    assert work(folder, build_task(folder)) == Made(read_outputs(folder))


def test_a_disk_that_is_full_in_mid_stage_is_the_workers_fault(folder: Path) -> None:
    for name in ("project", "worker"):
        text = PIPELINE.replace("> part-${item}.txt", "> part-${item}.txt; cat seed > /dev/full")
        (folder / name / "dvc.yaml").write_text(text)
    assert "the disk is full: its command ended with No space left on device." in refuse(folder, build_task(folder))
    assert not (folder / "worker" / "part-a.txt").exists()
