"""What moves would save, and between what: from the response's members, taken together.

Each member learnt from weeks drawn anew, so their spread is the standard error of a saving as far as the plant's
history tells it (Efron, Annals of Statistics 7 (1979) 1). That the response is a simplification no member can tell: a
share of each move's saving, `shape_error_frac`, is added to its error, for each move by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from elc.settings import AdviseSettings

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Saving:
    """Savings in GJ/h, and the interval of each; arrays of one shape."""

    mean: Array
    low: Array
    high: Array


def build_saving(differences: Array, shape_error: Array, settings: AdviseSettings) -> Saving:
    """Build savings from those that each member tells (..., members), with the interval of `interval_frac`.

    `shape_error` (...): standard error of the response's shape, GJ/h (see `build_shape_error`).
    """
    mean = differences.mean(axis=-1)
    error = np.hypot(differences.std(axis=-1, ddof=1), shape_error)
    doubt = error * float(stdtrit(differences.shape[-1] - 1, 0.5 + settings.interval_frac / 2))
    return Saving(mean, mean - doubt, mean + doubt)


def build_shape_error(differences: Array, settings: AdviseSettings) -> Array:
    """The standard error (...), GJ/h, that the shape of the response adds to a move that saves (..., members)."""
    return np.asarray(settings.shape_error_frac * np.abs(differences.mean(axis=-1)))
