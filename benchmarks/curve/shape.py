"""Whether energy rises with load and the quantiles keep their order, also far beyond what the curve has learnt from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from tqdm import tqdm

from benchmarks.curve.project import ROOT, read_params, skip
from benchmarks.figures import Figure
from elc import curve
from elc.fields import BEST, HIGH, TYPICAL
from elc.paths import Project

PAIRS, SEED = 100_000, 5
DRIVER_RANGE = 1.5  # of the training range, around its middle
LOAD_RANGE = (0.3, 1.3)  # of the highest training load
LEAST_FALL = 1e-6  # relative; less is rounding


def measure() -> Iterator[Figure]:
    """Measure the packages of the demo plants; `make demo` makes them."""
    project = Project(ROOT)
    for plant in tqdm(read_params()["simulate"]["plants"], desc="shape", unit="plant"):
        if not (project.model(plant) / "card.json").is_file():
            skip(f"the shape of {plant}", "models/ holds no package of it. Run make demo.")
            continue
        falls, crossings = find_violations(curve.read(project.model(plant)))
        yield Figure("curve", f"package of {plant}", "energy falls", falls, "of 100,000")
        yield Figure("curve", f"package of {plant}", "quantiles cross", crossings, "of 100,000")


def find_violations(package: curve.Package) -> tuple[int, int]:
    """Count in how many random pairs energy falls as load alone rises, and in how many the quantiles cross."""
    rng = np.random.default_rng(SEED)
    known = package.describe().set_index("column").loc[package.features]
    middle, width = (known["low"] + known["high"]) / 2, DRIVER_RANGE * (known["high"] - known["low"])
    spread = rng.uniform(-0.5, 0.5, (PAIRS, len(known)))
    less = pd.DataFrame(middle.to_numpy() + width.to_numpy() * spread, columns=package.features)
    loads = np.sort(rng.uniform(*LOAD_RANGE, (PAIRS, 2)), axis=1) * known.loc[package.throughput, "high"]
    low, high = (package.predict(less.assign(**{package.throughput: loads[:, side]})) for side in (0, 1))
    names = [BEST, TYPICAL, HIGH]
    # Not "<": a missing or infinite prediction is a violation too.
    rises = (high[names] >= low[names] * (1 - LEAST_FALL)).all(axis=1)
    ordered = [(side[BEST] <= side[TYPICAL]) & (side[TYPICAL] <= side[HIGH]) for side in (low, high)]
    return int((~rises).sum()), int((~(ordered[0] & ordered[1])).sum())
