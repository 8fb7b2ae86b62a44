"""`dvc repro`: a plant's own stages only, the same bytes every time, and nothing to do when nothing changed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from elc.paths import Project
from elc.records.report import FLEET
from tests.conftest import PLANTS, git, is_up_to_date, run

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


def hash_tree(*folders: Path) -> dict[str, str]:
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_nothing_is_left_to_do_and_git_is_clean(demo_project: Project) -> None:
    assert is_up_to_date(demo_project)
    assert git(demo_project.root, "status", "--porcelain") == ""


def test_a_report_of_all_plants_makes_nothing_stale(copied_project: Project) -> None:
    """Only the machine that made it has one, so a lock that knew of it would be wrong on every other."""
    made = copied_project.report(FLEET, "2026-05") / "report.pdf"
    made.parent.mkdir(parents=True)
    made.write_bytes(b"%PDF")
    assert is_up_to_date(copied_project)


@pytest.mark.long(reason="trains again, and runs a plant's every stage")
def test_forced_runs_give_the_same_bytes(copied_project: Project) -> None:
    """Data, model package, executed notebooks and pages; dvc.lock stays as committed."""
    # The cache of ingest knows files by their inode and time.
    kept = [path for path in sorted((copied_project.root / "data").iterdir()) if path.name != "cache"]
    folders = [*kept, *(copied_project.root / name for name in ("models", "reports"))]
    before = hash_tree(*folders)
    stages = [f"{stage}@fjord" for stage in ("simulate", "ingest", "dataset", "train", "evaluate")]
    stages += [f"{stage}@fjord" for stage in ("explain", "advise", "monitor")]
    done = run(copied_project.root, "dvc", "repro", "--force", "--single-item", *stages, "render")
    assert done.returncode == 0, done.stderr[-2000:]
    assert hash_tree(*folders) == before
    assert git(copied_project.root, "status", "--porcelain") == ""


WRITES_OFTEN = "import elc.repro.run as here; here.WRITE_S = 0.5; from elc.cli.main import main; main(['repro'])"


@pytest.mark.long(reason="kills a run of the whole pipeline twenty times, and starts it again")
def test_kills_of_the_coordinator_leave_no_damage(copied_project: Project) -> None:
    """What is recorded after each kill is in the cache; in the end all is as after a run that nobody killed."""
    root, lock = copied_project.root, copied_project.root / "dvc.lock"
    expected = yaml.safe_load(lock.read_text(encoding="utf-8"))
    lock.unlink()
    random, recorded = Random(3), [0]
    for _ in range(20):
        process = subprocess.Popen([sys.executable, "-c", WRITES_OFTEN], cwd=root, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 120
        while len(read_stages(lock)) == recorded[-1] and time.monotonic() < end and process.poll() is None:
            time.sleep(0.05)
        time.sleep(random.uniform(0, 2))
        process.kill()
        process.wait()
        stages = read_stages(lock)
        assert [out["path"] for stage in stages.values() for out in stage["outs"] if not _is_kept(root, out)] == []
        recorded.append(len(stages))
    assert recorded == sorted(recorded)
    assert len(set(recorded)) > 10, "few of the kills came between two stages"
    done = run(root, "elc", "repro")
    assert done.returncode == 0, done.stderr[-2000:]
    assert yaml.safe_load(lock.read_text(encoding="utf-8")) == expected
    assert is_up_to_date(copied_project)
    assert [path for path in root.rglob(".*.new*") if ".dvc" not in path.parts] == []


def read_stages(lock: Path) -> dict[str, Any]:
    """Read what a lock has of each stage; nothing before there is one."""
    stages: dict[str, Any] = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"] if lock.is_file() else {}
    return stages


def _is_kept(root: Path, out: dict[str, str]) -> bool:
    """Whether DVC's cache has what a stage recorded; metrics and plots are Git's and are there themselves."""
    digest = out["md5"]
    cached = root / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]
    return cached.is_file() or hashlib.md5((root / out["path"]).read_bytes()).hexdigest() == digest


def test_a_plant_reruns_alone(copied_project: Project, edit_params: Callable[[Project, str, str], None]) -> None:
    edit_params(copied_project, "name: Delta", "name: Delta two")
    assert run(copied_project.root, "elc", "code").stdout == "code: plants/delta changed\n"  # a dry run does not
    assert is_up_to_date(copied_project, "train@fjord", "train@steppe")
    done = run(copied_project.root, "dvc", "repro", "--dry", "train@delta")
    assert done.returncode == 0, done.stderr
    assert "Running stage 'ingest@delta'" in done.stdout
    assert "fjord" not in done.stdout.replace("fjord' didn't change", "")


def test_a_target_is_one_plants_stages(demo_project: Project) -> None:
    done = run(demo_project.root, "dvc", "repro", "--dry", "--force", "train@fjord")
    running = [line for line in done.stdout.splitlines() if line.startswith("Running stage")]
    assert running.pop(0) == "Running stage 'code':"
    assert running == [f"Running stage '{stage}@fjord':" for stage in ("simulate", "ingest", "dataset", "train")]


def test_graph_reads_well(demo_project: Project) -> None:
    done = run(demo_project.root, "dvc", "dag", "--collapse-foreach-matrix", "--mermaid")
    assert done.returncode == 0, done.stderr
    nodes = [line for line in done.stdout.splitlines() if '"]' in line]
    assert len(nodes) == 11, done.stdout


def test_truth_is_no_dependency() -> None:
    for stage in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].values():
        assert not any("truth" in path for path in stage.get("do", stage).get("deps", ()))


def test_a_failing_stage_leaves_earlier_results(copied_project: Project) -> None:
    before = hash_tree(copied_project.model("fjord"), copied_project.reports / "fjord")
    text = copied_project.params.read_text()
    copied_project.params.write_text(text.replace("min_hours: 500", "min_hours: 500000"))
    done = run(copied_project.root, "dvc", "repro", "train@fjord")
    assert done.returncode != 0
    assert "expected at least 500000" in done.stderr
    assert "reports/fjord/20_dataset.failed.ipynb" in done.stderr
    after = hash_tree(copied_project.model("fjord"), copied_project.reports / "fjord")
    failed = {name for name in after if name.endswith(".failed.ipynb")}
    assert {name: after[name] for name in after if name not in failed} == before
    assert len(failed) == 1


def test_committed_lock_is_current() -> None:
    """Every file under Git that dvc.lock names has the hash that stands there; every stage of params.yaml is there."""
    lock = yaml.safe_load((ROOT / "dvc.lock").read_text())["stages"]
    for name, stage in lock.items():
        for dep in stage.get("deps", ()):
            path = ROOT / dep["path"]
            if dep["path"].startswith(("notebooks/", "data/plants/")):
                assert hashlib.md5(path.read_bytes()).hexdigest() == dep["md5"], (name, dep["path"])
    assert {name.split("@")[1] for name in lock if "@" in name} == set(PLANTS)
    assert len(lock) == len(PLANTS) * 9 + 2
