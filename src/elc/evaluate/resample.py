"""Intervals of figures by a block bootstrap: hours resemble each other, so whole blocks of days are drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from elc.dataset import WEEK_DAYS, count_weeks
from elc.settings import EvaluateSettings

Array = NDArray[np.float64]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Blocks:
    """Rows cut into blocks of days, and how often each resample draws each block.

    `row_blocks` (rows,) is the block of each row; `draws` (resamples, blocks). `weeks` hold rows; where they are fewer
    than `least_weeks` there is no interval.
    """

    row_blocks: NDArray[np.intp]
    draws: Array
    interval_frac: float
    weeks: int
    least_weeks: int

    @property
    def is_short(self) -> bool:
        return self.weeks < self.least_weeks


def build_blocks(times: pd.Series, settings: EvaluateSettings, *, least_weeks: int) -> Blocks:
    """Cut rows into blocks of `block_days` from the first on, and draw as many blocks as hold rows, with replacement.

    Source: Künsch, The jackknife and the bootstrap for general stationary observations, Annals of Statistics 17
    (1989), with blocks that do not overlap.
    """
    since_days = (times - times.min()) / pd.Timedelta(1, "D")
    _, row_blocks = np.unique((since_days // settings.block_days).to_numpy(), return_inverse=True)
    count = int(row_blocks.max()) + 1
    random = np.random.default_rng(settings.seed)
    draws = random.multinomial(count, np.full(count, 1 / count), size=settings.resamples)
    weeks = count_weeks(times, days=WEEK_DAYS)
    return Blocks(row_blocks, draws.astype(np.float64), settings.interval_frac, weeks, least_weeks)


def find_interval(blocks: Blocks, parts: Array, figure: Callable[..., Array]) -> Interval:
    """Find the interval of a figure that is made of sums over rows; missing where weeks or blocks are few.

    `parts` (rows, k) are what is summed; the first is 1 where a row counts and 0 where not. `figure` takes the k sums,
    each (resamples,), and gives the figure (resamples,).
    """
    sums = np.column_stack([np.bincount(blocks.row_blocks, part, blocks.draws.shape[1]) for part in parts.T])
    held = int((sums[:, 0] > 0).sum())
    if held < 2 or blocks.is_short:
        return float("nan"), float("nan")
    totals = blocks.draws @ sums
    drawn = figure(*totals[totals[:, 0] > 0].T)
    tail = _find_tail(blocks.interval_frac, held)
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def find_mean_interval(blocks: Blocks, values: Array, mask: NDArray[np.bool_]) -> Interval:
    """Find the interval of the mean of values (rows,) over the rows of a mask."""
    parts = np.column_stack([mask, np.where(mask, values, 0.0)])
    return find_interval(blocks, parts, lambda count, total: total / count)


def _find_tail(interval_frac: float, blocks: int) -> float:
    """The share beyond each end: widened for few blocks, which percentiles of resamples would be too narrow for.

    Source: Hesterberg, What teachers should know about the bootstrap, The American Statistician 69 (2015), section 4.
    """
    wide = stdtrit(blocks - 1, (1 - interval_frac) / 2)
    return float(ndtr(wide * np.sqrt(blocks / (blocks - 1))))
