"""How best does on later hours once the condition of the plant is known, and what set-points explain of its error."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.curve import Package, add_condition, find_named, score_hours
from elc.fields import BEST, CONDITION_SINCE, ENERGY, GAP, IS_STEADY, TYPICAL
from elc.records.metrics import Condition
from elc.settings import StageSettings


def measure_condition(test: pd.DataFrame, package: Package, settings: StageSettings) -> Condition | None:
    """Measure coverage of best with and without a named condition on later steady hours (the test part of a split).

    None where no hour is inside the envelope, or the package has no baseline of condition.
    """
    if package.baseline.quality.condition is None or test.empty:
        return None
    scored = add_condition(score_hours(test.assign(**{IS_STEADY: True}), package), package, settings.plant)
    hours = scored[scored[GAP].notna()]
    if hours.empty:
        return None
    energy, best, named = (np.asarray(one, np.float64) for one in (hours[ENERGY], hours[BEST], find_named(hours)))
    known = hours[hours[package.setpoints].notna().all(axis=1)]
    explained = package.predict_response(known).mean(axis=1) / known[TYPICAL].to_numpy(np.float64) - 1
    return Condition(
        named_frac=float(hours[CONDITION_SINCE].notna().mean()),
        mean_frac=float(named.mean()),
        coverage_frac=float((energy < best).mean()),
        coverage_with_frac=float((energy < best * (1 + named)).mean()),
        off_frac=float((hours[ENERGY] / hours[TYPICAL] - 1).mean()),
        setpoints_frac=float(explained.mean()) if len(known) else None,
    )
