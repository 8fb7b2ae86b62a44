"""Rows that the network of a model package must give again: `golden.json`."""

from __future__ import annotations

from elc.records.record import Kept

FILE = "golden.json"


class Golden(Kept):
    """Some test hours, and what the network gave for them when it was trained."""

    features: list[str]
    """Columns of the inputs, in the order of the network."""
    inputs: list[list[float]]
    """A row an hour, each of a number a feature."""
    outputs: list[list[float]]
    """Energy of each row, in GJ/h: best, typical, high, and the interval of best."""
    tolerance_frac: float
    """Share of an output by which another may differ from it."""
