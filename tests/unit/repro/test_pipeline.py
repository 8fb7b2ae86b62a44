"""Stages beside those that DVC itself loads: the same ones, with the same parameters and entries of the lock."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest
from dvc.dependency import ParamsDependency
from dvc.exceptions import DvcException
from dvc.repo import Repo, lock_repo
from dvc.stage import Stage

from elc.errors import ElcError
from elc.paths import Project
from elc.repro.lockfile import HEAD, LockFile
from elc.repro.pipeline import load_pipeline
from tests.unit.repro.pipeline import make_project, run_dvc

PIPELINE = """\
stages:
  code:
    cmd: mkdir -p code; echo '{"a":1}' > code/a.json
    outs: [code]
  first:
    foreach: ${plants}
    do:
      cmd: mkdir -p made/${key}; echo ${item.size} | tee first-${key}.json > made/${key}/first.txt
      deps: [raw/x.csv]
      params:
        - code/a.json: [a]
        - plants.${key}
        - scale
      outs:
        - made/${key}
      metrics:
        - first-${key}.json:
            cache: false
  "2":
    cmd: cat ../made/a/first.txt > second.txt
    wdir: below
    deps: [../made/a/first.txt]
    outs: [second.txt]
  last:
    cmd: cat made/*/first.txt > last.txt
    deps: [made, third/third.txt, first-b.json]
    plots: [last.txt]
"""
THIRD = """\
stages:
  third:
    cmd: cat ../below/second.txt > third.txt
    deps: [../below/second.txt]
    outs: [third.txt]
  alone:
    cmd: echo 1 > alone.txt
    outs: [alone.txt]
"""
PARAMS = """\
scale: 2
'deep': {er: {est: [1, 2]}}
plants:
  a: {size: 1}
  b: {size: 2}
"""
FILES = {"dvc.yaml": PIPELINE, "third/dvc.yaml": THIRD, "params.yaml": PARAMS, "raw/x.csv": "1\n"}
TARGETS = ["code", "first@a", "first", "2", "last", "third/dvc.yaml:third", "third/dvc.yaml"]
TARGETS += ["raw/x.csv.dvc", "dvc.yaml"]
PARAMETERS = [["scale"], ["deep.er"], ["deep.er.est"], ["scale", "missing"], ["plants.*"], [], ["scale.x"]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Make a project of two pipelines and a file that was added, of which all but `last` has run."""
    made = make_project(tmp_path_factory.mktemp("stages"))
    for name, text in FILES.items():
        (made.root / name).parent.mkdir(exist_ok=True)
        (made.root / name).write_text(text)
    (made.root / "below").mkdir()
    run_dvc(made, "add", "-q", "raw/x.csv")
    run_dvc(made, "repro", "-q", "code", "first", "2", "third/dvc.yaml:third")
    return made


@contextlib.contextmanager
def open_repo(project: Project) -> Iterator[Repo]:
    with contextlib.chdir(project.root), Repo(str(project.root)) as repo, lock_repo(repo):
        yield repo


def describe(stage: Stage) -> dict[str, object]:
    """Describe a stage by all that a run asks of it."""
    items = [(item.fs_path, str(item.hash_info), item.meta.size) for item in (*stage.deps, *stage.outs)]
    params = [dep.read_params() for dep in stage.deps if isinstance(dep, ParamsDependency)]
    return {"name": stage.addressing, "cmd": stage.cmd, "items": items, "params": params, "status": stage.status()}


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_loads_what_it_needs_as_dvc_does(project: Project, target: str) -> None:
    with open_repo(project) as repo:
        graph, named = repo.index.graph, repo.stage.collect(target)
        needed = set(named).union(*(nx.descendants(graph, stage) for stage in named))
        all_stages = {stage.addressing: describe(stage) for stage in repo.index.stages}
        order = [stage.addressing for stage in repo.index.stages]
    with open_repo(project) as repo:
        pipeline = load_pipeline(repo, [target])
        found = {stage.addressing: describe(stage) for stage in pipeline.stages}
        assert repo.index.stages == pipeline.stages
        assert [stage.addressing for stage in pipeline.targets] == [stage.addressing for stage in named]
    assert pipeline.names == order
    assert found == {name: all_stages[name] for name in order if name in found}
    is_named = ":" not in target and "." not in target
    assert set(found) == ({stage.addressing for stage in needed} if is_named else set(order))


def test_all_stages_are_loaded_without_a_target(project: Project) -> None:
    with open_repo(project) as repo:
        expected = [describe(stage) for stage in repo.index.stages]
    with open_repo(project) as repo:
        pipeline = load_pipeline(repo, [])
        assert [describe(stage) for stage in pipeline.stages] == expected
        assert [stage.addressing for stage in pipeline.targets] == ["code", "first@a", "first@b", "2", "last"]
        with pytest.raises(ElcError, match="stage first@c is unknown: did you mean first@"):
            load_pipeline(repo, ["code", "first@c"])


@pytest.mark.parametrize(
    "names", [["scale"], ["deep.er"], ["deep.er.est"], ["scale", "missing"], ["plants.*"], [], ["scale.x"]]
)
def test_parameters_are_read_as_dvc_reads_them(project: Project, names: list[str]) -> None:
    with open_repo(project) as repo:
        stage = next(stage for stage in load_pipeline(repo, ["first@a"]).stages if stage.addressing == "first@a")
        dep = next(dep for dep in stage.deps if dep.def_path == "params.yaml")
        dep.params = names
        for text in (PARAMS, PARAMS.replace("scale: 2", "scale: 33"), "[broken", PARAMS):
            (project.root / "params.yaml").write_text(text)
            assert _try(lambda: dep.read_params()) == _try(lambda: ParamsDependency.read_params(dep))
            assert _try(lambda: dep.read_params(flatten=False)) == _try(
                lambda: ParamsDependency.read_params(dep, flatten=False)
            )


def _try(read: object) -> object:
    try:
        return read()  # type: ignore[operator]
    except Exception as error:
        return type(error), str(error)


def test_an_entry_of_the_lock_that_dvc_has_not_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dvc.lock"
    for entry in ("  first:\n    cmd: [\n", "  first:\n    deps: none\n"):
        path.write_text(HEAD + entry + "  second:\n    cmd: echo\n")
        assert LockFile(path).read(["second", "third"]) == {"second": {"cmd": "echo"}}
        with pytest.raises(DvcException, match=r"dvc\.lock"):
            LockFile(path).read(["first"])


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "  '1':\n    cmd: echo\n  b@c-1:\n    cmd: |-\n      echo\n\n      echo\n",
        "stages:\n    b:\n        cmd: echo\nschema: '2.0'\n",
        HEAD + "  # by hand\n  b: {cmd: echo}\n",
        HEAD,
        HEAD + "  b:\n    cmd: echo\n",
    ],
)
def test_every_lock_is_split_as_yaml_reads_it(tmp_path: Path, text: str) -> None:
    from dvc.utils.serialize import parse_yaml

    path = tmp_path / "dvc.lock"
    path.write_text(text)
    stages = parse_yaml(text, "dvc.lock")["stages"] or {}
    assert LockFile(path).read(stages) == stages
    for broken in ("<<<<<<< HEAD\n", "datasets: []\n"):
        path.write_text(text + broken)
        with pytest.raises(ElcError, match=r"dvc\.lock: expected schema and stages"):
            LockFile(path)
