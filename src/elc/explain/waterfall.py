"""From best to actual energy in one hour, step by step."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.fields import BEST, CONDITION_PART, GOOD_HOURS, LEVEL, NO_SETPOINTS, TIME, UNEXPLAINED

STEPS = ["step", "kind", "change_gj_per_h", "start_gj_per_h", "end_gj_per_h"]


def build_waterfall(hour: pd.Series, shares: pd.DataFrame) -> pd.DataFrame:
    """Build the steps from best to actual energy of an hour: the rows of `shares`, its explanation, one by one.

    Returns:
        step (best, condition, good_hours, a set-point, a group of them, unexplained, actual), kind (level, condition,
        good_hours, setpoint, unexplained), change_gj_per_h (missing for a level), start_gj_per_h, end_gj_per_h; no
        rows without shares of that hour.
    """
    shares = shares[shares[TIME] == hour[TIME]]
    if shares.empty:
        return pd.DataFrame(columns=STEPS)
    known = shares[shares["share_gj_per_h"].notna()]
    # What operators do not set stands beside best.
    order = known["setpoint"].map({CONDITION_PART: 0, GOOD_HOURS: 1, UNEXPLAINED: 3}).fillna(2)
    parts = known.loc[order.sort_values(kind="stable").index]
    kinds = parts["setpoint"].where(parts["setpoint"].isin(NO_SETPOINTS), "setpoint")
    changes = parts["share_gj_per_h"].astype(float)
    rows = [("best", LEVEL, np.nan), *zip(parts["setpoint"], kinds, changes, strict=True)]
    table = pd.DataFrame([*rows, ("actual", LEVEL, np.nan)], columns=STEPS[:3])
    ends = float(hour[BEST]) + table["change_gj_per_h"].fillna(0.0).cumsum()
    starts = ends - table["change_gj_per_h"]
    return table.assign(start_gj_per_h=starts.where(table["kind"] != LEVEL, 0.0), end_gj_per_h=ends)
