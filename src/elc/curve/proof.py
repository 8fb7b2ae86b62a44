"""Prove that a model package works: it is whole, gives its golden rows, has the shape of a curve, and is fast."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from elc.curve.content import read_content
from elc.curve.package import OUTPUTS, Array, Package, open_package
from elc.errors import ElcError, build_nearest, check_faults
from elc.fields import BEST, BEST_HIGH, BEST_LOW, HIGH, TYPICAL
from elc.records import parse_record
from elc.records.golden import FILE as GOLDEN
from elc.records.golden import Golden

TESTS = ("golden", "shape", "latency")
NOT_RUN = "not run: the package is not whole. See the test package."
REJECT = "Reject the version and train the plant again."
RESTORE = "Restore the package with dvc checkout, or train the plant again."
NEEDED = ("attribution.json", "envelope.parquet", GOLDEN, "model.onnx", "precedents.parquet", "response.onnx")
ORDERED = ((BEST, TYPICAL), (TYPICAL, HIGH), (BEST_LOW, BEST), (BEST, BEST_HIGH))
DIRECTED = OUTPUTS[:3]  # not the ends of the interval of best: it narrows where the plant has run more
SIGNS = {"up": 1, "down": -1, "": 0}
MAX_TOLERANCE_FRAC = 1e-3
# ASSUME: 256 conditions (a power of 2, as Sobol's sequence wants) times 25 steps find a fault that matters.
CONDITIONS, STEPS = 256, 25
ROUNDING_FRAC = 1e-6  # the network sums in 32 bits
WARM_COUNT, TIMED_COUNT = 5, 50

Found = TypeVar("Found")


@dataclass(frozen=True)
class Proof:
    """What one functional test found: how long it took (s), and its fault, empty where the package passed."""

    name: str
    seconds: float
    fault: str


def prove(folder: Path, tests: Sequence[str], *, plant: str, sha256: str, max_latency_ms: float) -> list[Proof]:
    """Run functional tests on a model package; a fault is returned, whatever the package holds.

    Args:
        folder: the package.
        tests: which of `golden`, `shape` and `latency` to run. `package` (every file is as it was written, and the
            package is the plant's) always comes first; where it fails, the others are not run, and have failed.
        plant: whose package it must be.
        sha256: of the content that it must have; an empty one takes what the card vouches for.
        max_latency_ms: the longest that a prediction of one row may take, as the median of 50 (ms).

    Raises:
        ElcError: a test is unknown.
    """
    unknown = [f"the test {name} is unknown: {build_nearest(name, TESTS)}" for name in tests if name not in TESTS]
    check_faults(f"plant {plant}: its package cannot be tested", unknown)
    chosen = list(dict.fromkeys(tests))
    where = f"plant {plant}, test"
    proof, found = _attempt("package", lambda: _read_whole(folder, plant, sha256), where)
    if found is None:
        return [proof, *(Proof(name, 0.0, NOT_RUN) for name in chosen)]
    package, golden = found
    checks: dict[str, Callable[[], None]] = {
        "golden": lambda: _check_golden(package, golden, f"{where} golden"),
        "shape": lambda: _check_shape(package, f"{where} shape"),
        "latency": lambda: _check_latency(package, f"{where} latency", max_latency_ms),
    }
    return [proof, *(_attempt(name, checks[name], where)[0] for name in chosen)]


def _attempt(name: str, check: Callable[[], Found], where: str) -> tuple[Proof, Found | None]:
    """Run one test and time it; what a faulty package makes a library raise is a fault as well."""
    start = time.perf_counter()
    found, fault = None, ""
    try:
        found = check()
    except ElcError as error:
        fault = str(error)
    except Exception as error:
        fault = f"{where} {name}: it failed with {type(error).__name__}: {error}. Expected a result. {RESTORE}"
    return Proof(name, time.perf_counter() - start, fault), found


def _read_whole(folder: Path, plant: str, sha256: str) -> tuple[Package, bytes]:
    """Read a package that must be the plant's, its card vouching for each file that is used, and its golden rows."""
    content = read_content(folder, sha256=sha256)
    package = open_package(content)
    faults = [
        f"card.json holds no hash of {name}, so it may be any file. {RESTORE}"
        for name in NEEDED
        if name not in package.card.get("files", {})
    ]
    owner = package.card.get("plant")
    if owner != plant:
        faults.append(f"it is of plant {owner}, expected {plant}. Take a version of plant {plant}.")
    check_faults(f"model package {folder}", faults)
    return package, content.files[GOLDEN]


def _check_golden(package: Package, raw: bytes, where: str) -> None:
    """Compare what model.onnx gives for the golden inputs with the golden outputs."""
    golden = parse_record(raw, Golden, name=f"{where}: {GOLDEN}", cure=RESTORE)
    inputs, expected = (_read_numbers(rows) for rows in (golden.inputs, golden.outputs))
    check_faults(where, _find_golden_faults(golden, inputs, expected, package))
    found = package.predict(pd.DataFrame(inputs, columns=package.features)).to_numpy()
    off = ~(np.abs(found - expected) <= golden.tolerance_frac * np.abs(expected))
    if off.any():
        row, output = np.argwhere(off)[0]
        raise ElcError(
            f"{where}: model.onnx does not give {off.sum()} of the {off.size} values of golden.json, first "
            f"{OUTPUTS[output]} in row {row + 1}: found {found[row, output]:.8g}, expected {expected[row, output]:.8g} "
            f"to {golden.tolerance_frac:g} of it. {REJECT}"
        )


def _read_numbers(rows: list[list[float]]) -> Array:
    """Read rows of numbers; those of different lengths are an empty array."""
    return np.array(rows, np.float64) if len({len(row) for row in rows}) == 1 else np.empty(0)


def _find_golden_faults(golden: Golden, inputs: Array, outputs: Array, package: Package) -> Iterator[str]:
    """Find why a golden.json would prove nothing about this package."""
    if golden.features != package.features:
        yield f"golden.json is for the features {golden.features}, expected {package.features}. {RESTORE}"
    sizes = (len(package.features), len(OUTPUTS))
    if not inputs.size or (inputs.shape, outputs.shape) != tuple((len(inputs), size) for size in sizes):
        yield (
            f"golden.json holds inputs of shape {inputs.shape} and outputs of shape {outputs.shape}, expected the "
            f"same number of rows, at least one, of {sizes[0]} and {sizes[1]} numbers. {RESTORE}"
        )
    if not 0 <= golden.tolerance_frac <= MAX_TOLERANCE_FRAC:
        found = golden.tolerance_frac
        yield f"tolerance_frac of golden.json is {found:g}, expected 0 to {MAX_TOLERANCE_FRAC:g}. {RESTORE}"


def _check_shape(package: Package, where: str) -> None:
    """Check what must hold of every curve over the whole range of its training hours."""
    check_faults(where, _find_range_faults(package))
    signs = {feature["column"]: SIGNS[feature.get("monotone", "")] for feature in package.card["features"]}
    signs = {column: sign for column, sign in (signs | {package.throughput: 1}).items() if sign}
    rows = _build_sweeps(package, list(signs))
    energy = package.predict(rows)
    faults = list(_find_invalid(rows, energy)) or [*_find_crossed(rows, energy), *_find_falls(rows, energy, signs)]
    response = package.predict_response(_build_medians(package))
    if not (np.isfinite(response) & (response > 0)).all():
        found = ", ".join(f"{value:.6g}" for value in response.ravel())
        faults.append(f"response.onnx gives {found} GJ/h at medians, expected finite values above 0. {REJECT}")
    check_faults(where, faults)


def _find_range_faults(package: Package) -> Iterator[str]:
    """Find features whose range or direction in card.json leaves nothing to test."""
    for feature in package.card["features"]:
        column, low, high = feature["column"], feature["low"], feature["high"]
        is_swept = column == package.throughput
        if not (np.isfinite([low, high]).all() and (low < high if is_swept else low <= high)):
            yield f"{column} of card.json ranges from {low} to {high}, expected the lower end first. {RESTORE}"
        if feature.get("monotone", "") not in SIGNS:
            yield f"{column} of card.json has the direction {feature['monotone']}, expected up, down or none. {RESTORE}"


def _build_sweeps(package: Package, swept: list[str]) -> pd.DataFrame:
    """Build rows (swept x conditions x steps, features): each swept feature rises over its range, the others stand.

    Conditions follow Sobol's sequence, which is the same each time and starts at all lows, then all middles.
    """
    from scipy.stats import qmc  # takes most of a second

    low, high = (np.array([feature[end] for feature in package.card["features"]]) for end in ("low", "high"))
    shares = np.repeat(qmc.Sobol(len(low), scramble=False).random(CONDITIONS), STEPS, axis=0)
    sweeps = []
    for column in swept:
        sweep = shares.copy()
        sweep[:, package.features.index(column)] = np.tile(np.linspace(0, 1, STEPS), CONDITIONS)
        sweeps.append(low + sweep * (high - low))
    return pd.DataFrame(np.concatenate(sweeps), columns=package.features)


def _find_invalid(rows: pd.DataFrame, energy: pd.DataFrame) -> Iterator[str]:
    for output, values in energy.items():
        wrong = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
        if len(wrong):
            found, at = values.iloc[wrong[0]], _describe(rows.iloc[wrong[0]])
            yield (
                f"{output} is not a finite value above 0 in {len(wrong)} of {len(rows)} rows, "
                f"first {found:.6g} GJ/h at {at}. {REJECT}"
            )


def _find_crossed(rows: pd.DataFrame, energy: pd.DataFrame) -> Iterator[str]:
    for low, high in ORDERED:
        crossed = np.flatnonzero(energy[low] - energy[high] > ROUNDING_FRAC * energy[high])
        if len(crossed):
            found, at = energy.iloc[crossed[0]], _describe(rows.iloc[crossed[0]])
            yield (
                f"{low} is above {high} in {len(crossed)} of {len(rows)} rows, expected in none, "
                f"first {found[low]:.6g} above {found[high]:.6g} GJ/h at {at}. {REJECT}"
            )


def _find_falls(rows: pd.DataFrame, energy: pd.DataFrame, signs: dict[str, int]) -> Iterator[str]:
    """Find the swept features (in the order of `signs`) with which energy moves against their direction."""
    shape = (len(signs), CONDITIONS, STEPS, len(DIRECTED))
    sweeps = energy[DIRECTED].to_numpy().reshape(shape)
    for number, (column, sign) in enumerate(signs.items()):
        steps = sign * np.diff(sweeps[number], axis=1)
        wrong = steps < -ROUNDING_FRAC * sweeps[number][:, 1:]
        if wrong.any():
            condition, step, output = np.argwhere(wrong)[0]
            start = int(np.ravel_multi_index((number, condition, step), shape[:3]))
            before, after = rows.iloc[start], rows.iloc[start + 1]
            first, last = energy.iloc[start, output], energy.iloc[start + 1, output]
            yield (
                f"energy {'falls' if sign > 0 else 'rises'} as {column} rises in {wrong.any(axis=(1, 2)).sum()} of "
                f"{CONDITIONS} conditions, expected in none, first {DIRECTED[output]} from {first:.6g} to {last:.6g} "
                f"GJ/h as {column} goes from {before[column]:.6g} to {after[column]:.6g} at "
                f"{_describe(before.drop(column))}. {REJECT}"
            )


def _check_latency(package: Package, where: str, max_latency_ms: float) -> None:
    row = _build_medians(package)[package.features]
    taken_ms = []
    for _ in range(WARM_COUNT + TIMED_COUNT):
        start = time.perf_counter()
        package.predict(row)
        taken_ms.append((time.perf_counter() - start) * 1000)
    found_ms = statistics.median(taken_ms[WARM_COUNT:])
    if not found_ms <= max_latency_ms:
        raise ElcError(
            f"{where}: a prediction of one row takes {found_ms:.3g} ms (median of {TIMED_COUNT}), expected "
            f"{max_latency_ms:g} ms at most. Try again on an idle machine, or raise max_latency_ms in params.yaml."
        )


def _build_medians(package: Package) -> pd.DataFrame:
    """One row: every feature and set-point at the median of its training hours."""
    return pd.DataFrame([package.describe().set_index("column")["median"].astype(float)]).reset_index(drop=True)


def _describe(conditions: pd.Series) -> str:
    return ", ".join(f"{column} {value:.6g}" for column, value in conditions.items()) or "no other feature"
