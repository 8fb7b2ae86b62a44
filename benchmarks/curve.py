"""What an answer costs: scoring by the model package, beside the same curve in Keras."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from benchmarks.figures import Figure
from elc import curve, dataset
from elc.paths import Project

ROOT = Path(__file__).resolve().parents[1]
HOURS = 8760


def measure() -> Iterator[Figure]:
    """Measure on the package of the first demo plant; `make demo` makes it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    project = Project(ROOT)
    package = curve.read(project.model("fjord"))
    hours = dataset.read_split(project.processed("fjord")).train
    year = pd.concat([hours] * (HOURS // len(hours) + 1), ignore_index=True).iloc[:HOURS]
    import keras

    network = keras.models.load_model(project.model("fjord") / "model.keras", compile=False)
    for case, frame, repeats in (("one row", year.iloc[:1], 200), ("a year of hours", year, 20)):
        inputs = frame[package.features].to_numpy("float32")
        slow = _time(lambda inputs=inputs: network(inputs), repeats)  # type: ignore[misc]
        fast = _time(lambda frame=frame: package.predict(frame), repeats)  # type: ignore[misc]
        yield Figure("curve", case, "keras", slow * 1000, "ms")
        yield Figure("curve", case, "package", fast * 1000, "ms", "keras", fast / slow)


def _time(call: Callable[[], object], repeats: int) -> float:
    """Median seconds of a call, after one to warm up."""
    call()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[repeats // 2]
