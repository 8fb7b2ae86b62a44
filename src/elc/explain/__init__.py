"""Which drivers make consumption, and which set-points make the gap: exact Shapley values, which add up."""

from elc.curve import build_shapley
from elc.explain.attribution import DRIVERS, SETPOINTS, Attribution, attribute, measure_sizes
from elc.explain.drift import find_drift, find_short, measure_drift, measure_ndcg
from elc.explain.drivers import explain_drivers
from elc.explain.explanation import build_explainer, build_explanation
from elc.explain.files import read_drift, read_shares, write_shares
from elc.explain.gap import (
    SHARES,
    explain_gap,
    explain_hours,
    explain_period,
    find_last_judged,
    rank_causes,
)
from elc.explain.meters import METERS, explain_meters
from elc.explain.silence import find_silence
from elc.explain.waterfall import STEPS, build_waterfall
from elc.explain.weeks import PICTURED_HOURS, Weeks, choose_weeks

__all__ = [
    "DRIVERS",
    "METERS",
    "PICTURED_HOURS",
    "SETPOINTS",
    "SHARES",
    "STEPS",
    "Attribution",
    "Weeks",
    "attribute",
    "build_explainer",
    "build_explanation",
    "build_shapley",
    "build_waterfall",
    "choose_weeks",
    "explain_drivers",
    "explain_gap",
    "explain_hours",
    "explain_meters",
    "explain_period",
    "find_drift",
    "find_last_judged",
    "find_short",
    "find_silence",
    "measure_drift",
    "measure_ndcg",
    "measure_sizes",
    "rank_causes",
    "read_drift",
    "read_shares",
    "write_shares",
]
