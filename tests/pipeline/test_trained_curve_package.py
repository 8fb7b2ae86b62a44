"""Trained packages: scored as they were trained."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from elc import curve, dataset
from elc.fields import BEST, BEST_HIGH, BEST_LOW, HIGH, TYPICAL
from elc.paths import Project


def test_golden_rows_are_reproduced(demo_project: Project) -> None:
    for plant in ("fjord", "delta", "steppe"):
        folder = demo_project.model(plant)
        golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
        package = curve.read(folder)
        assert golden["features"] == package.features
        rows = pd.DataFrame(golden["inputs"], columns=golden["features"])
        assert len(rows) == 8
        found = package.predict(rows).to_numpy()
        np.testing.assert_allclose(found, golden["outputs"], rtol=golden["tolerance_frac"], atol=0)


def test_quantiles_and_interval_of_trained_curves_never_cross(demo_project: Project) -> None:
    for plant in ("fjord", "delta", "steppe"):
        energy = curve.read(demo_project.model(plant)).predict(dataset.read_split(demo_project.processed(plant)).test)
        for low, high in ((BEST, TYPICAL), (TYPICAL, HIGH), (BEST_LOW, BEST), (BEST, BEST_HIGH)):
            assert (energy[low] <= energy[high]).all()
