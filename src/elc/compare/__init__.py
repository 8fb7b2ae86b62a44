"""Compare a candidate or a version with the version in use, on the same later hours."""

from elc.compare.content import build_comparison
from elc.compare.hours import Hours, score_pair
from elc.compare.pair import Pair, Side, build_pair, read_pair
from elc.records.comparison import read_comparison, write_comparison

__all__ = [
    "Hours",
    "Pair",
    "Side",
    "build_comparison",
    "build_pair",
    "read_comparison",
    "read_pair",
    "score_pair",
    "write_comparison",
]
