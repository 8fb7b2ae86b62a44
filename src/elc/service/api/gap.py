"""The answer to a gap: actual energy against best, the set-points that it comes from, and the moves that would help."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from elc import advise, curve, explain
from elc.fields import (
    ENERGY,
    GAP,
    GAP_FRAC,
    GAP_HIGH,
    GAP_LOW,
    GOOD_HOURS,
    IS_OUTSIDE,
    IS_STEADY,
    NO_SETPOINTS,
    TIME,
    UNEXPLAINED,
)
from elc.service.api.predict import ANSWERS, describe
from elc.service.rows import AskedRows
from elc.service.versions import Loaded

MAX_ROWS = 200  # ASSUME: a week by the hour, and some; each takes milliseconds
GIVEN = [IS_OUTSIDE, ENERGY, GAP, GAP_FRAC, GAP_LOW, GAP_HIGH]
NO_NOTES = advise.build_notes([])  # operators answer to hours of the plant, not to rows that somebody sends
MOVE = ("setpoint", "group", "now", "to", "saving_gj_per_h", "low_gj_per_h", "high_gj_per_h", "near_limit")


def build_gap(loaded: Loaded, asked: AskedRows) -> dict[str, Any]:
    """Build the answer to `POST /plants/{plant}/gap`: each row taken as a steady hour at present prices.

    The gap is that against best, for rows tell no history: the condition of the plant stands with its present hour.
    """
    now = pd.Timestamp(datetime.now(UTC)).floor("h")
    hours = pd.DataFrame(asked.values, columns=list(asked.columns))
    hours[TIME] = now + pd.to_timedelta(np.arange(len(hours)), unit="h")  # names the rows, no more
    scored = curve.score_hours(hours.assign(**{IS_STEADY: True}), loaded.package)
    shares = explain.explain_hours(loaded.package, scored, loaded.settings.explain)
    settings = loaded.settings
    advice = advise.build_advice(loaded.package, scored, loaded.tags, settings.advise, settings.explain, notes=NO_NOTES)
    rows = [_build_row(row, shares, advice, loaded, now) for row in scored.to_dict("records")]
    return describe(loaded) | {"rows": rows}


def _build_row(
    row: Mapping[Any, Any], shares: pd.DataFrame, advice: advise.Advice, loaded: Loaded, now: pd.Timestamp
) -> dict[str, Any]:
    cost = curve.build_cost(row[GAP], loaded.settings.plant, at=now)
    is_own = (shares[TIME] == row[TIME]) & shares["share_gj_per_h"].notna()
    own = shares[is_own].drop(columns=TIME).to_dict("records")
    moves = advice.moves[advice.moves[TIME] == row[TIME]]
    rest = {share["setpoint"]: share["share_gj_per_h"] for share in own}
    found: dict[str, Any] = _clean(
        {told: row[name] for told, name in zip(ANSWERS, curve.OUTPUTS, strict=True)}
        | {name: row[name] for name in GIVEN}
        | {
            "money_per_h": cost.money,
            "currency": loaded.settings.site.currency,
            "co2_t_per_h": cost.co2_t,
            "shares": [share for share in own if share["setpoint"] not in NO_SETPOINTS],
            **{f"{name}_gj_per_h": rest.get(name) for name in (GOOD_HOURS, UNEXPLAINED)},
            "moves": moves[list(MOVE)].to_dict("records"),
            "reason": _find_reason(advice, row[TIME]),
        }
    )
    return found


def _find_reason(advice: advise.Advice, at: pd.Timestamp) -> str:
    """Explain why there are no moves; empty where there are some."""
    return "" if (advice.moves[TIME] == at).any() else advise.find_reason(advice.reasons, at)


def _clean(content: Any) -> Any:
    """Write what is missing as null."""
    if isinstance(content, dict):
        return {key: _clean(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_clean(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
