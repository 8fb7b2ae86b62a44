"""Compare a candidate or a version with the version in use, on the same later hours."""

from elc.compare.content import build_comparison, read_comparison, write_comparison
from elc.compare.hours import Hours, score_pair
from elc.compare.pair import Pair, Side, build_pair, read_pair

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
