"""How far a sample lies from the training hours, whose distribution `statistics.json` holds as a sketch.

The distance is that of Amazon SageMaker Model Monitor ("Schema for Constraints", comparison_method): the largest
difference between two cumulative distributions (L-infinity), in its robust form less what two samples of one
distribution may differ by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
CHANCE = 1.8  # of the robust form


@dataclass(frozen=True)
class Sketch:
    """The distribution of one column: values in rising order, the share of rows up to each, and their count."""

    values: Array
    shares: Array
    count: int

    def find_quantile(self, share: float) -> float:
        """Find the value below which a share of the training hours lies."""
        return float(self.values[min(int(np.searchsorted(self.shares, share)), len(self.values) - 1)])


def read_sketch(feature: dict[str, Any]) -> Sketch | None:
    """Read the sketch of one feature of `statistics.json`; None where it had no value."""
    statistics = feature.get("numerical_statistics", {})
    data = statistics.get("distribution", {}).get("kll", {}).get("sketch", {}).get("data")
    if not data:
        return None
    values = np.concatenate([np.asarray(level, np.float64) for level in data])
    weights = np.concatenate([np.full(len(level), 2.0**index) for index, level in enumerate(data)])
    order = np.argsort(values, kind="stable")
    count = int(statistics["common"]["num_present"])
    return Sketch(values[order], np.cumsum(weights[order]) / weights.sum(), count)


def measure_distance(sketch: Sketch, sample: Array) -> float:
    """Measure how far a sample (rows,) lies from a sketch: 0 for alike, 1 for apart. Missing values are left out.

    A sample without values has no distance: NaN.
    """
    known = np.sort(sample[np.isfinite(sample)])
    if len(known) == 0:
        return math.nan
    points = np.concatenate([sketch.values, known])
    own = np.searchsorted(known, points, side="right") / len(known)
    shares = np.concatenate([[0.0], sketch.shares])
    other = shares[np.searchsorted(sketch.values, points, side="right")]
    chance = CHANCE * math.sqrt((sketch.count + len(known)) / (sketch.count * len(known)))
    return max(0.0, float(np.abs(own - other).max()) - chance)
