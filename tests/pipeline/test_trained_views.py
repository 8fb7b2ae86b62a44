"""Views of a trained curve."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from elc import curve
from elc.fields import ENERGY
from elc.paths import Project


def test_moving_at_own_conditions_changes_nothing_on_a_trained_curve(demo_project: Project) -> None:
    package = curve.read(demo_project.model("fjord"))
    hours = pd.read_parquet(demo_project.processed("fjord") / "test.parquet").head(200)
    scored = pd.concat([hours, package.predict(hours)], axis=1)
    for row in (0, 77, 199):
        moved = curve.move_to(scored, scored.iloc[row], package)
        assert moved.iloc[row] == pytest.approx(scored[ENERGY].iloc[row], abs=1e-9)
        assert not np.allclose(moved, scored[ENERGY])
