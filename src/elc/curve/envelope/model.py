"""The envelope of a model package: judge hours by it, write it and read it back."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve.envelope.distance import Array, Points, read_values
from elc.curve.envelope.ranges import Range
from elc.curve.envelope.reasons import find_combination, find_left, find_missing
from elc.errors import ElcError
from elc.fields import AGE
from elc.findings import Reason

FILE = "envelope.parquet"


@dataclass(frozen=True, eq=False)
class Envelope:
    """The ranges of the features (in the order of the curve), the prototypes in their own units, and the limit.

    `prototypes` (prototypes, features without the age) cover the training hours; `limit` is a distance in scaled
    units.
    """

    ranges: tuple[Range, ...]
    prototypes: pd.DataFrame
    limit: float

    @property
    def features(self) -> list[str]:
        return [found.column for found in self.ranges]

    def measure(self, frame: pd.DataFrame) -> Array:
        """Measure how far each row lies from the training hours, as a share of the limit (rows,); above 1 is outside.

        A row with a missing feature gives NaN. The age is judged by its range alone.

        Raises:
            ElcError: a feature is not a column of the frame.
        """
        return self._measure(read_values(frame, self.features, "measure the distance from the training hours"))

    def find_outside(self, frame: pd.DataFrame) -> pd.Series:
        """Mark the rows that miss a feature, leave the range of one, or combine them as no training hour did.

        Raises:
            ElcError: a feature is not a column of the frame.
        """
        values = read_values(frame, self.features, "find the hours outside the envelope")
        return pd.Series(self.mark_outside(values), index=frame.index)

    def mark_outside(self, values: Array) -> NDArray[np.bool_]:
        """Mark rows (rows, features; in the order of `features`) as `find_outside` does, without a frame."""
        inside = np.asarray(((values >= self._least) & (values <= self._most)).all(axis=1))
        if inside.all():  # the rule, and twice as fast without picking rows
            return ~(self._compare(values) <= 1)
        inside[inside] = self._compare(values[inside]) <= 1
        return ~inside

    def explain(self, hour: pd.Series) -> list[Reason]:
        """Find why an hour is outside; no reason where it is inside.

        Raises:
            ElcError: a feature is not in the hour.
        """
        where = "explain the hour"
        values = read_values(hour.reindex(hour.index.intersection(self.features)).to_frame().T, self.features, where)
        reasons = [*find_missing(self.features, values[0]), *find_left(self.ranges, values[0])]
        ratio = float(self._measure(values)[0])
        if not reasons and ratio > 1:
            squares = (self._points.scaled - self._scale(values)) ** 2
            nearest = pd.Series(squares[squares.sum(axis=1).argmin()], index=self.prototypes.columns)
            reasons = [find_combination(hour, nearest, ratio)]
        return reasons

    def _measure(self, values: Array) -> Array:
        ratio = np.full(len(values), np.nan)
        known = np.isfinite(values).all(axis=1)
        ratio[known] = self._compare(values[known])
        return ratio

    def _compare(self, values: Array) -> Array:
        """Measure how far rows without a missing feature lie from the prototypes, as a share of the limit."""
        return self._points.measure(self._scale(values)) / self.limit

    def _scale(self, values: Array) -> Array:
        scaled: Array = values[:, self._measured] / self._scales - self._centre
        return scaled

    @cached_property
    def _measured(self) -> list[int]:
        return [index for index, name in enumerate(self.features) if name != AGE]

    @cached_property
    def _scales(self) -> Array:
        return np.array([self.ranges[index].scale for index in self._measured])

    @cached_property
    def _centre(self) -> Array:
        """The first prototype, near the median: small numbers keep the digits of a difference."""
        first: Array = self.prototypes.to_numpy(np.float64)[0] / self._scales
        return first

    @cached_property
    def _points(self) -> Points:
        return Points(self.prototypes.to_numpy(np.float64) / self._scales - self._centre)

    @cached_property
    def _least(self) -> Array:
        return np.array([found.least for found in self.ranges])

    @cached_property
    def _most(self) -> Array:
        return np.array([found.most for found in self.ranges])


def write_envelope(folder: Path, envelope: Envelope) -> dict[str, Any]:
    """Write the prototypes to `envelope.parquet`; give what the card holds: the limit and the ranges."""
    envelope.prototypes.to_parquet(folder / FILE, index=False)
    return {"limit": envelope.limit, "ranges": [asdict(found) for found in envelope.ranges]}


def read_envelope(raw: bytes, card: dict[str, Any]) -> Envelope:
    """Read an envelope from the bytes of a package's file and the `envelope` section of its card.

    Raises:
        ElcError: the prototypes are of other features than the card's.
    """
    ranges = tuple(Range(**found) for found in card["ranges"])
    kept = pd.read_parquet(io.BytesIO(raw))
    expected = [found.column for found in ranges if found.column != AGE]
    if list(kept.columns) != expected:
        raise ElcError(
            f"model package: {FILE} holds {', '.join(kept.columns)}, but card.json expects {', '.join(expected)}. "
            "Restore both with dvc checkout, or train the plant again."
        )
    return Envelope(ranges, kept, float(card["limit"]))
