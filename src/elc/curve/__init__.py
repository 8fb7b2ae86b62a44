"""The energy load curve of a plant: read and prove its package, score hours, find precedents."""

from elc.curve.condition import build_condition_baseline
from elc.curve.content import (
    CARD,
    NAMES,
    Content,
    format_json,
    hash_card,
    hash_file,
    read_content,
    read_unverified,
    write_json,
)
from elc.curve.envelope import Envelope, build_envelope, write_envelope
from elc.curve.hours import DATA_TYPE, MISSING_COLUMN, describe_column, find_tag, fit_hours
from elc.curve.levels import (
    build_days,
    build_level,
    count_known_weeks,
    count_trained_weeks,
    find_lag,
    measure_errors,
)
from elc.curve.likes import find_like, find_precedents
from elc.curve.package import OUTPUTS, Baseline, Package, open_package, read, read_found
from elc.curve.proof import Proof, prove
from elc.curve.response import build_best_practice, find_best_practice, predict_energy, predict_precedents
from elc.curve.score import (
    Cost,
    add_condition,
    build_cost,
    find_last,
    find_named,
    find_size,
    score_hours,
    score_table,
    sum_costs,
)
from elc.curve.shapley import build_shapley, build_shares, share_best, share_response
from elc.curve.sketch import Sketch, measure_distance, read_sketch
from elc.curve.views import Conditions, CurveView, build_conditions, build_view, move_to, summarise_interval
from elc.curve.weights import weigh_hours

__all__ = [
    "CARD",
    "DATA_TYPE",
    "MISSING_COLUMN",
    "NAMES",
    "OUTPUTS",
    "Baseline",
    "Conditions",
    "Content",
    "Cost",
    "CurveView",
    "Envelope",
    "Package",
    "Proof",
    "Sketch",
    "add_condition",
    "build_best_practice",
    "build_condition_baseline",
    "build_conditions",
    "build_cost",
    "build_days",
    "build_envelope",
    "build_level",
    "build_shapley",
    "build_shares",
    "build_view",
    "count_known_weeks",
    "count_trained_weeks",
    "describe_column",
    "find_best_practice",
    "find_lag",
    "find_last",
    "find_like",
    "find_named",
    "find_precedents",
    "find_size",
    "find_tag",
    "fit_hours",
    "format_json",
    "hash_card",
    "hash_file",
    "measure_distance",
    "measure_errors",
    "move_to",
    "open_package",
    "predict_energy",
    "predict_precedents",
    "prove",
    "read",
    "read_content",
    "read_found",
    "read_sketch",
    "read_unverified",
    "score_hours",
    "score_table",
    "share_best",
    "share_response",
    "sum_costs",
    "summarise_interval",
    "weigh_hours",
    "write_envelope",
    "write_json",
]
