"""The page of a comparison: which of two versions is better and how sure that is, and the tables behind it."""

from elc.pages.compare.answer import build_answer, write_answer, write_columns, write_test
from elc.pages.compare.tables import (
    build_band_shares,
    build_bands,
    build_changes,
    build_drivers,
    build_formats,
    build_metrics,
    build_ranges,
    build_training,
)

__all__ = [
    "build_answer",
    "build_band_shares",
    "build_bands",
    "build_changes",
    "build_drivers",
    "build_formats",
    "build_metrics",
    "build_ranges",
    "build_training",
    "write_answer",
    "write_columns",
    "write_test",
]
