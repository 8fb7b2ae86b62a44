"""The combined cycle power plant of UCI by its published protocol: 5 x 2 cross-validation, RMSE of net output in MW.

Tüfekci, Int. J. Electrical Power & Energy Systems 60 (2014) 126: bagging REP trees, 3.787 MW. Each of five sheets is
the same 9,568 hours in another order; the first half trains and the second tests, then swapped. All at full load,
without a time: throughput is one, and a random 15 % of each training half says when to stop, and which of `WIDTHS` the
networks get. That is all that is chosen, and the other half has no say in it.

Boosted trees come closer: the hours are those of one plant in random order, so that each test hour has training hours
beside it, and trees that grow for hundreds of rounds remember single hours. The curve is smooth and its networks are
small, which is what later seasons reward, and no sheet here has any.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.curve.project import ROOT, skip
from benchmarks.figures import Figure
from elc.fields import ENERGY, TIME
from elc.paths import Project
from elc.settings import TrainSettings, read_settings

PUBLISHED = 3.787  # MW
# MW, as quoted; options and halves are not known. On these halves the defaults give 3.48 and 3.37.
KNOWN = {"lightgbm": 3.27, "xgboost": 3.28}
FEATURES, OUTPUT, LOAD = ["AT", "V", "AP", "RH"], "PE", "full_load_ratio"
# Each hour is as good as a week of a plant's. Pieces of each driver, and units of each network.
WIDTHS = ((32, 32), (96, 64))
COMMON = {"learning_rate": 0.01, "block_days": 1 / 24}
VALID_FRAC, SEED = 0.15, 3
FIRST_HOUR = pd.Timestamp("2006-01-01", tz="UTC")
Array = NDArray[np.float64]


def measure() -> Iterator[Figure]:
    """Measure ten fits of the curve's typical and of LightGBM with its defaults, on the same halves."""
    path = Path(os.environ.get("ELC_SHARED", "missing")) / "datasets" / "ccpp" / "Folds5x2_pp.xlsx"
    if not path.is_file():
        skip("ccpp", "its data are not here. Set ELC_SHARED to their folder.")
        return
    halves = read_halves(path)
    context = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        found = list(tqdm(pool.map(score_halves, halves), desc="ccpp", unit="fit", total=len(halves)))
    errors = pd.DataFrame(found)
    for model in errors:
        mean, spread = float(errors[model].mean()), float(errors[model].std())
        yield Figure("curve", "ccpp, 5 x 2", f"{model}, rmse", mean, "MW", "published", mean / PUBLISHED)
        yield Figure("curve", "ccpp, 5 x 2", f"{model}, spread", spread, "MW")
    ratio = float((errors["curve"] / errors["lightgbm"]).mean())
    yield Figure("curve", "ccpp, 5 x 2", "curve to lightgbm", 100 * ratio, "%")
    for model, known in KNOWN.items():
        yield Figure("curve", "ccpp, 5 x 2", f"{model}, known", known, "MW", "published", known / PUBLISHED)


def read_halves(path: Path) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Read the ten pairs of training and test half."""
    pairs = []
    for sheet in pd.read_excel(path, sheet_name=None).values():
        table = sheet.rename(columns={OUTPUT: ENERGY}).astype(float).assign(**{LOAD: 1.0})
        first, second = table.iloc[: len(table) // 2], table.iloc[len(table) // 2 :]
        pairs += [(first, second), (second, first)]
    return [(train.reset_index(drop=True), test.reset_index(drop=True)) for train, test in pairs]


def score_halves(halves: tuple[pd.DataFrame, pd.DataFrame]) -> dict[str, float]:
    """Fit on the first half, and give the RMSE on the second (MW)."""
    train, test = halves
    predicted = {
        "curve": fit_table(train, test, read_settings(Project(ROOT)).train),
        "lightgbm": _fit_boosted(train, test),
    }
    actual = test[ENERGY].to_numpy(float)
    return {name: float(np.sqrt(np.mean((values - actual) ** 2))) for name, values in predicted.items()}


def fit_table(train: pd.DataFrame, test: pd.DataFrame, settings: TrainSettings) -> Array:
    """Fit the curve's networks as a plant's, and predict typical (rows,).

    The rows are shuffled and have no time; an hour each is made up, by which members leave out blocks.
    """
    from elc import train as steps

    is_valid = np.random.default_rng(SEED).random(len(train)) < VALID_FRAC
    timed = train.assign(**{TIME: FIRST_HOUR + pd.to_timedelta(np.arange(len(train)), unit="h")})
    learnt, valid = (part.reset_index(drop=True) for part in (timed[~is_valid], timed[is_valid]))
    columns, tried = [LOAD, *FEATURES], []
    for bins, units in WIDTHS:
        wide = settings.model_copy(update={**COMMON, "driver_bins": bins, "hidden_units": units})
        design = steps.arrange_hours(learnt, valid, columns, {}, wide, fixed_gj_per_h=0.0)
        tried.append((design, wide, steps.choose_form(design, steps.fit_additive(design, wide), wide)))
    design, wide, form = min(tried, key=lambda one: one[2].history["val_loss"].iloc[one[2].kept])
    whole = design.join(wide)
    networks = steps.fit_networks(whole, steps.fit_additive(whole, wide), form, wide)
    fit = steps.build_fit(whole, networks, form, steps.calibrate(whole, networks, wide))
    return np.asarray(fit.model(test[columns].to_numpy(np.float32)), float)[:, 1]


def _fit_boosted(train: pd.DataFrame, test: pd.DataFrame) -> Array:
    import lightgbm

    data = lightgbm.Dataset(train[FEATURES].to_numpy(), train[ENERGY].to_numpy())
    fixed = {"objective": "regression", "deterministic": True, "num_threads": 1, "verbosity": -1}
    return np.asarray(lightgbm.train(fixed, data).predict(test[FEATURES].to_numpy()))
