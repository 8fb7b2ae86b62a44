"""Which drivers make consumption, and which set-points make the gap: exact Shapley values, which add up."""

from elc.curve import build_shapley
from elc.explain.attribution import DRIVERS, SETPOINTS, Attribution, attribute, measure_sizes
from elc.explain.drift import build_drift_table, find_drift, measure_drift, measure_ndcg
from elc.explain.drivers import explain_drivers
from elc.explain.explanation import build_explainer, build_explanation
from elc.explain.files import read_drift, read_shares, write_shares
from elc.explain.gap import (
    SHARES,
    build_causes_table,
    explain_gap,
    explain_hours,
    explain_period,
    find_last_judged,
    rank_causes,
)
from elc.explain.waterfall import STEPS, build_waterfall, write_waterfall
from elc.explain.weeks import PICTURED_HOURS, Weeks, choose_weeks
from elc.explain.words import explain_silence, write_answer

__all__ = [
    "DRIVERS",
    "PICTURED_HOURS",
    "SETPOINTS",
    "SHARES",
    "STEPS",
    "Attribution",
    "Weeks",
    "attribute",
    "build_causes_table",
    "build_drift_table",
    "build_explainer",
    "build_explanation",
    "build_shapley",
    "build_waterfall",
    "choose_weeks",
    "explain_drivers",
    "explain_gap",
    "explain_hours",
    "explain_period",
    "explain_silence",
    "find_drift",
    "find_last_judged",
    "measure_drift",
    "measure_ndcg",
    "measure_sizes",
    "rank_causes",
    "read_drift",
    "read_shares",
    "write_answer",
    "write_shares",
    "write_waterfall",
]
