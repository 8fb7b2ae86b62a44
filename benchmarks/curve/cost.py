"""What training and an answer cost, and whether two trainings give the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from benchmarks import pipeline
from benchmarks.curve.project import ROOT, skip
from benchmarks.figures import Figure, run
from elc import curve, dataset
from elc.paths import Project

PLANT, HOURS = "fjord", 8760
ONE_REPEATS, YEAR_REPEATS = 200, 20
JOB = "import sys; from benchmarks.curve import cost; cost.run_job(*sys.argv[1:])"


def measure() -> Iterator[Figure]:
    """Measure on the first demo plant, trained in a copy from its training hours; `make demo` makes those."""
    processed = Project(ROOT).processed(PLANT)
    if not (processed / "split.json").is_file():
        skip("cost", f"data/processed holds nothing of {PLANT}. Run make demo.")
        return
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as name:
        copy = Project(Path(name))
        pipeline.copy_project(copy.root)
        shutil.copytree(processed, copy.processed(PLANT))
        yield from _measure_training(copy)
        yield from _measure_answers(copy)


def _measure_training(copy: Project) -> Iterator[Figure]:
    """Train twice through DVC, each time in fresh processes, and compare every byte of the package."""
    bare = run(ROOT, sys.executable, "-c", "import tensorflow")
    yield Figure("curve", "import tensorflow", "cpu", bare.cpu_s, "s")
    run(copy.root, "dvc", "repro", "--single-item", "code")
    hashes = []
    for figure, options in (("first", ()), ("again", ("--force",))):
        cost = run(copy.root, "dvc", "repro", "--single-item", *options, f"train@{PLANT}")
        case = f"train@{PLANT}, {figure}"
        yield Figure("curve", case, "cpu", cost.cpu_s, "s", "import tensorflow", cost.cpu_s / bare.cpu_s)
        yield Figure("curve", case, "wall", cost.wall_s, "s")
        hashes.append({path.name: curve.hash_file(path) for path in sorted(copy.model(PLANT).iterdir())})
    differ = [name for name in hashes[0] | hashes[1] if hashes[0].get(name) != hashes[1].get(name)]
    if differ:
        sys.stderr.write(f"curve: two trainings of {PLANT} differ in {', '.join(differ)}\n")
    yield Figure("curve", "two trainings", "files that differ", len(differ), f"of {len(hashes[0])}")


def _measure_answers(copy: Project) -> Iterator[Figure]:
    """Score in processes of their own: TensorFlow must not be in that of the package."""
    slow, fast = _run_job("keras", copy), _run_job("package", copy)
    for case in ("one row", "a year of hours"):
        yield Figure("curve", case, "keras", slow[case] * 1000, "ms")
        yield Figure("curve", case, "package", fast[case] * 1000, "ms", "keras", fast[case] / slow[case])
    yield Figure("curve", "scoring process", "has tensorflow", fast["has tensorflow"], "(1: yes)")


def _run_job(job: str, copy: Project) -> dict[str, float]:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", JOB, job, str(copy.root), str(ONE_REPEATS), str(YEAR_REPEATS)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, env=environment)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def run_job(job: str, root: str, one_repeats: str, year_repeats: str) -> None:
    """Score one row and a year of hours and print the seconds; Keras is given arrays, the package frames."""
    project = Project(Path(root))
    package = curve.read(project.model(PLANT))
    hours = dataset.read_split(project.processed(PLANT)).train
    year = pd.concat([hours] * (HOURS // len(hours) + 1), ignore_index=True).iloc[:HOURS]
    predict = package.predict if job == "package" else _read_network(project.model(PLANT), package.features)
    found = {
        "one row": _time(predict, year.iloc[:1], int(one_repeats)),
        "a year of hours": _time(predict, year, int(year_repeats)),
    }
    sys.stdout.write(json.dumps({**found, "has tensorflow": float("tensorflow" in sys.modules)}) + "\n")


def _read_network(folder: Path, features: list[str]) -> Callable[[pd.DataFrame], object]:
    import keras

    import elc.train  # noqa: F401  its layers must be known to Keras

    network = keras.models.load_model(folder / "model.keras", compile=False)
    return lambda frame: network(frame[features].to_numpy("float32"))


def _time(predict: Callable[[pd.DataFrame], object], frame: pd.DataFrame, repeats: int) -> float:
    """Median seconds of a call, after one to warm up."""
    predict(frame)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        predict(frame)
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[repeats // 2]
