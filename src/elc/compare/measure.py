"""The figures of both packages on the same hours, and whether their difference is chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import permutation_test

from elc.compare.hours import Hours
from elc.compare.pair import Pair, Side
from elc.evaluate import (
    QUANTILES,
    Array,
    Blocks,
    build_blocks,
    find_mean_interval,
    measure_loss,
    measure_quantiles,
    measure_typical,
)
from elc.fields import BEST, ENERGY, TIME
from elc.settings import StageSettings

# ASSUME: so many sign flips; up to 13 blocks every one of them is tried.
FLIPS = 9999


def measure_pair(pair: Pair, hours: Hours, settings: StageSettings) -> dict[str, Any]:
    """Measure every side on the hours, of which there must be one, and their difference where there are two sides.

    Keys: blocks, metrics (side to figures), and with two sides test and bands. Energies in GJ/h, shares as fractions.
    """
    blocks = build_blocks(hours.sides["left"][TIME], settings.evaluate, least_weeks=0)  # the test knows how few
    found: dict[str, Any] = {
        "blocks": blocks.draws.shape[1],
        "metrics": {
            name: _measure_side(hours.sides[name], side, blocks, settings) for name, side in pair.sides.items()
        },
    }
    if pair.right is None:
        return found
    test = _measure_test(hours, blocks, settings)
    bands = _measure_bands(hours, pair.left.package.throughput, blocks, settings)
    return found | {"test": test, "bands": bands}


def _measure_side(scored: pd.DataFrame, side: Side, blocks: Blocks, settings: StageSettings) -> dict[str, float]:
    count, plant = len(side.package.features) + 1, settings.plant
    typical = measure_typical(scored, count, blocks, interval=plant.interval, zone=plant.time_zone)
    best = measure_quantiles(scored, blocks, np.ones(len(scored), dtype=bool))["best"]
    wanted = {
        f"{name}{end}_{unit}": (source, f"{key}{end}_{unit}")
        for name, source, key, unit in (
            ("pinball_best", best, "pinball", "gj_per_h"),
            ("coverage_best", best, "coverage", "frac"),
            ("cv_rmse", typical, "cv_rmse", "frac"),
            ("nmbe", typical, "nmbe", "frac"),
        )
        for end in ("", "_low", "_high")
    }
    return {name: source[key] for name, (source, key) in wanted.items()}


def _measure_test(hours: Hours, blocks: Blocks, settings: StageSettings) -> dict[str, Any]:
    """Test the left's pinball loss of best less the right's, hour by hour (GJ/h; below 0: the left is better).

    The signs of whole blocks are flipped: were the packages equally good, either sign would be as likely.
    Source: Ernst, Permutation methods, Statistical Science 19 (2004), section 3.
    """
    left, right = (_measure_losses(hours.sides[name]) for name in ("left", "right"))
    difference = left - right
    low, high = find_mean_interval(blocks, difference, np.ones(len(difference), dtype=bool))
    sums = np.bincount(blocks.row_blocks, difference, blocks.draws.shape[1]).astype(np.float64)
    return {
        "difference_gj_per_h": float(difference.mean()),
        "difference_low_gj_per_h": low,
        "difference_high_gj_per_h": high,
        "p": _find_p(sums, settings.evaluate.seed),
        "is_exact": bool(2 ** len(sums) <= FLIPS),
    }


def _measure_losses(scored: pd.DataFrame) -> Array:
    return measure_loss(scored[ENERGY].to_numpy(float), scored[BEST].to_numpy(float), QUANTILES[BEST])


def _find_p(sums: Array, seed: int) -> float:
    """The two-sided p of sums by block (blocks,); missing where there is one block."""
    if len(sums) < 2:
        return float("nan")
    done = permutation_test(
        (sums,),
        lambda values, axis: values.sum(axis=axis),
        permutation_type="samples",
        n_resamples=FLIPS,
        vectorized=True,
        rng=np.random.default_rng(seed),
    )
    return float(done.pvalue)


def _measure_bands(hours: Hours, throughput: str, blocks: Blocks, settings: StageSettings) -> list[dict[str, float]]:
    """Measure best of the left less best of the right by load band, each with about as many hours, the lowest first."""
    left, right = (hours.sides[name][BEST].to_numpy(float) for name in ("left", "right"))
    difference, load = left - right, hours.sides["left"][throughput].to_numpy(float)
    edges = np.unique(np.quantile(load, np.linspace(0, 1, settings.evaluate.load_bands + 1)))
    band = np.clip(np.searchsorted(edges, load) - 1, 0, None)  # a band holds its upper end, the first its lower too
    found = []
    for number in np.unique(band):
        mask = band == number
        low, high = find_mean_interval(blocks, difference, mask)
        found.append(
            {
                "load_low": float(edges[number]),
                "load_high": float(edges[min(number + 1, len(edges) - 1)]),
                "intervals": int(mask.sum()),
                "difference_gj_per_h": float(difference[mask].mean()),
                "difference_low_gj_per_h": low,
                "difference_high_gj_per_h": high,
                "difference_frac": float(difference[mask].mean() / right[mask].mean()),
            }
        )
    return found
