"""The baseline of the training hours in the formats of SageMaker Model Monitor: what later data is compared with.

Source: its "Schema for Statistics" and "Schema for Constraints". Equal hours give equal bytes: sums are exact, and the
quantile sketch draws nothing at random.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.fields import ENERGY
from elc.settings import TagList

BUCKETS = 10  # of the format
SKETCH_ITEMS = 256
SKETCH_SHRINKAGE = 0.64  # a parameter of the format
DRIFT_THRESHOLD = 0.1  # of the format, as is the next
DOMAIN_THRESHOLD = 0.1
DATATYPE_THRESHOLD = 1.0  # every value is to be of its type: one that is not is told


def write_baseline(folder: Path, train: pd.DataFrame, tags: TagList) -> None:
    """Write `statistics.json` and `constraints.json` of the training hours into a folder."""
    for name, content in (
        ("statistics", build_statistics(train, tags)),
        ("constraints", build_constraints(train, tags)),
    ):
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _find_columns(tags: TagList) -> list[str]:
    return [ENERGY, *tags.features, *tags.columns("setpoint")]


def build_statistics(train: pd.DataFrame, tags: TagList) -> dict[str, Any]:
    """Build the statistics of energy, features and set-points, in the units of their columns."""
    features = [_build_feature(column, train[column]) for column in _find_columns(tags)]
    return {"version": 0.0, "dataset": {"item_count": len(train)}, "features": features}


def _build_feature(column: str, given: pd.Series) -> dict[str, Any]:
    values = np.sort(given.dropna().to_numpy(np.float64))
    common = {"num_present": len(values), "num_missing": len(given) - len(values)}
    if len(values) == 0:
        return {"name": column, "inferred_type": "Unknown", "numerical_statistics": {"common": common}}
    mean = math.fsum(values) / len(values)
    statistics = {
        "common": common,
        "mean": mean,
        "sum": math.fsum(values),
        "std_dev": math.sqrt(math.fsum((values - mean) ** 2) / len(values)),
        "min": float(values[0]),
        "max": float(values[-1]),
        "distribution": {"kll": {"buckets": _build_buckets(values), "sketch": _build_sketch(values)}},
    }
    return {"name": column, "inferred_type": "Fractional", "numerical_statistics": statistics}


def _build_buckets(values: NDArray[np.float64]) -> list[dict[str, float]]:
    edges = np.linspace(values[0], values[-1], BUCKETS + 1)
    counts, _ = np.histogram(values, edges)
    return [
        {"lower_bound": float(low), "upper_bound": float(high), "count": int(count)}
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def _build_sketch(values: NDArray[np.float64]) -> dict[str, Any]:
    """Thin sorted values to at most `SKETCH_ITEMS` and a rest; an item at level i stands for 2^i of them.

    The middle of each group stands for it, so a rank is off by half a group at most: n / `SKETCH_ITEMS`.
    """
    level = max(math.ceil(math.log2(len(values) / SKETCH_ITEMS)), 0)
    size = 2**level
    whole = len(values) - len(values) % size
    data: list[list[float]] = [[] for _ in range(level + 1)]
    data[0] = values[whole:].tolist()
    data[level] = values[size // 2 : whole : size].tolist()
    return {"parameters": {"c": SKETCH_SHRINKAGE, "k": float(SKETCH_ITEMS)}, "data": data}


def build_constraints(train: pd.DataFrame, tags: TagList) -> dict[str, Any]:
    """Build what later data is expected to keep to: type, completeness and sign of every column."""
    return {
        "version": 0.0,
        "features": [_build_constraint(column, train[column], tags) for column in _find_columns(tags)],
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": DATATYPE_THRESHOLD,
            "domain_content_threshold": DOMAIN_THRESHOLD,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": DRIFT_THRESHOLD,
                "comparison_method": "Robust",
            },
        },
    }


def _build_constraint(column: str, values: pd.Series, tags: TagList) -> dict[str, Any]:
    # ASSUME: what cannot be negative is what the tag list's low says, not a mild winter's air temperature.
    low = 0.0 if column == ENERGY else tags.find(column).low
    return {
        "name": column,
        "inferred_type": "Fractional" if values.notna().any() else "Unknown",
        "completeness": float(values.notna().mean()),
        "num_constraints": {"is_non_negative": low is not None and low >= 0},
    }
