"""The metrics of trained plants."""

from __future__ import annotations

import json

from elc import dataset
from elc.paths import Project


def test_trained_quantiles_keep_their_order(demo_project: Project) -> None:
    for plant in ("fjord", "delta", "steppe"):
        metrics = json.loads(demo_project.metrics(plant).read_text(encoding="utf-8"))
        assert metrics["quantiles"]["best"]["coverage_frac"] < metrics["quantiles"]["typical"]["coverage_frac"]
        assert metrics["rows"] == len(dataset.read_split(demo_project.processed(plant)).test)
