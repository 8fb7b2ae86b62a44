"""The energy load curve of a plant: read its package, score hours, find precedents."""

from elc.curve.package import Package, hash_file, read
from elc.curve.response import build_reference, find_precedents, predict_changes
from elc.curve.score import Cost, CurveView, build_cost, build_view, find_last, move_to, score_hours

__all__ = [
    "Cost",
    "CurveView",
    "Package",
    "build_cost",
    "build_reference",
    "build_view",
    "find_last",
    "find_precedents",
    "hash_file",
    "move_to",
    "predict_changes",
    "read",
    "score_hours",
]
