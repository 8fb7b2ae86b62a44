"""Whether drivers and set-points still rank as in training: nDCG of the attribution, as SageMaker Clarify has it.

The players are ranked by their recent mean absolute share; the discounted gain of that ranking, with the shares of
training as gains, is divided by that of training's own ranking. 1 is the same order, and below 0.90 is a violation:
Amazon SageMaker, Feature attribution drift for models in production; Järvelin and Kekäläinen, ACM Transactions on
Information Systems 20 (2002) 422.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from elc.curve import Package, count_trained_weeks, find_size
from elc.dataset import LEAST_WEEKS
from elc.explain.attribution import DRIVERS, SETPOINTS, measure_sizes
from elc.explain.weeks import Weeks
from elc.fields import TIME
from elc.files import keep
from elc.findings import Finding, Kind, Reason, build_frame
from elc.settings import StageSettings

CHECK = "feature_attribution_drift_check"
LEAST_HOURS = 24  # ASSUME: fewer hours rank by chance
_NEEDS = ("days", "ndcg", "min_ndcg", "late_gj_per_h", "training_gj_per_h", "size_gj_per_h")
WHAT = {name: Kind(CHECK, name, _NEEDS) for name in (DRIVERS, SETPOINTS)}


def measure_ndcg(training: Mapping[str, float], late: Mapping[str, float]) -> float:
    """Measure how well the late ranking keeps that of training, between 0 and 1; NaN where nothing had a share.

    Both map players to mean absolute shares; players that only one of them knows count nothing.
    """
    names = [name for name in training if name in late]
    gains = np.array([training[name] for name in names])
    discounts = 1 / np.log2(np.arange(2, len(names) + 2))
    best = float(np.sum(np.sort(gains)[::-1] * discounts))
    found = float(np.sum(gains[np.argsort([-late[name] for name in names], kind="stable")] * discounts))
    return found / best if best > 0 else float("nan")


def find_short(package: Package, settings: StageSettings) -> Reason | None:
    """Explain why nothing is held against the ranking of training: it saw too few weeks; None where it saw enough."""
    weeks = count_trained_weeks(package.baseline.quality, width_h=settings.plant.interval_h)
    if weeks is None or weeks >= LEAST_WEEKS:
        return None
    return Reason("ranking_short", {"weeks": weeks, "least": LEAST_WEEKS})


def measure_drift(weeks: Weeks, settings: StageSettings, *, kept: Path) -> pd.DataFrame:
    """Measure nDCG over the hours of `choose_weeks`, of drivers and of set-points.

    Args:
        weeks: the hours, of days that are over, so that an hour finds what the hour before measured.
        settings: the plant's settings.
        kept: folder of what was measured; it can be removed at any time.

    Returns:
        what (drivers, setpoints), ndcg, hours, and the player that rose most: rose, training_gj_per_h,
        late_gj_per_h. No row where the package holds no baseline, or where too few weeks or hours are known.
    """
    trained = {DRIVERS: weeks.package.attribution.drivers, SETPOINTS: weeks.package.attribution.setpoints}
    is_short = find_short(weeks.package, settings) is not None
    names = [
        what for what, sizes in trained.items() if sizes and len(weeks.hours[what]) >= LEAST_HOURS and not is_short
    ]
    sizes = keep(kept / "sizes.json", [weeks.key, *names], lambda: _measure_sizes(weeks, names))
    rows = []
    for what in names:
        late, training = sizes[what], trained[what]
        rose = _find_risen(training, late)
        rows.append((what, measure_ndcg(training, late), len(weeks.hours[what]), rose, training[rose], late[rose]))
    return pd.DataFrame(rows, columns=["what", "ndcg", "hours", "rose", "training_gj_per_h", "late_gj_per_h"])


def _measure_sizes(weeks: Weeks, names: Sequence[str]) -> dict[str, dict[str, float]]:
    return {what: measure_sizes(weeks.attributions[what]) for what in names}


def _find_risen(training: Mapping[str, float], late: Mapping[str, float]) -> str:
    """The player whose part of the whole rose most."""
    names = [name for name in training if name in late]
    whole = {id(shares): sum(shares[name] for name in names) or 1.0 for shares in (training, late)}
    return max(names, key=lambda name: late[name] / whole[id(late)] - training[name] / whole[id(training)])


def find_drift(drift: pd.DataFrame, scored: pd.DataFrame, settings: StageSettings) -> pd.DataFrame:
    """Find what ranks differently than in training: a finding for each row of `measure_drift` below `min_ndcg`."""
    explain = settings.explain
    end = scored[TIME].max()
    start, limits = (
        end - pd.Timedelta(explain.drift_days, "D"),
        {"days": explain.drift_days, "min_ndcg": explain.min_ndcg},
    )
    found = [
        Finding(
            WHAT[row["what"]],
            settings.plant_id,
            row["rose"],
            start,
            end,
            {name: row[name] for name in ("ndcg", "late_gj_per_h", "training_gj_per_h")}
            | limits
            | {"size_gj_per_h": find_size(scored)},
        )
        for row in drift.to_dict("records")
        if row["ndcg"] < explain.min_ndcg
    ]
    return build_frame(found)
