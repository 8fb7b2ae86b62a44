"""Compare a candidate or a version with the version in use, on the same later hours."""

from elc.compare.content import build_comparison, read_comparison, write_comparison
from elc.compare.hours import Hours, score_pair
from elc.compare.pair import Pair, Side, build_pair, read_pair
from elc.compare.tables import (
    build_band_shares,
    build_bands,
    build_changes,
    build_drivers,
    build_formats,
    build_metrics,
    build_ranges,
    build_training,
)
from elc.compare.words import build_answer, write_answer, write_columns, write_test

__all__ = [
    "Hours",
    "Pair",
    "Side",
    "build_answer",
    "build_band_shares",
    "build_bands",
    "build_changes",
    "build_comparison",
    "build_drivers",
    "build_formats",
    "build_metrics",
    "build_pair",
    "build_ranges",
    "build_training",
    "read_comparison",
    "read_pair",
    "score_pair",
    "write_answer",
    "write_columns",
    "write_comparison",
    "write_test",
]
