"""Which drivers make consumption, and which set-points make the gap: exact Shapley values, which add up.

With at most about ten players every coalition can be evaluated, so nothing is sampled. Shapley, Contributions to the
Theory of Games II (1953) 307; as a step from a reference to the present: Sundararajan and Najmi, ICML (2020).
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve import Package, build_reference, find_last, find_precedents
from elc.fields import BEST, GAP, TIME, format_value, read_heading, read_label
from elc.paths import replace_file
from elc.settings import ExplainSettings, StageSettings

Array = NDArray[np.float64]
SHARES = ["setpoint", "now", "best_practice", "share_gj_per_h"]


def build_shapley(predict: Callable[[pd.DataFrame], Array], present: pd.Series, reference: pd.Series) -> pd.Series:
    """Share out `predict(present) - predict(reference)` among the players, the index of `reference`.

    Args:
        predict: (rows) of present's columns to (rows,) values.
        present: all columns that `predict` needs.
        reference: the players and their values before the step.
    """
    players = list(reference.index)
    count = len(players)
    masks = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    rows = pd.DataFrame([present.astype(float)] * len(masks)).reset_index(drop=True)
    rows[players] = np.where(masks == 1, present[players].to_numpy(float), reference.to_numpy(float))
    values = predict(rows)
    sizes = masks.sum(axis=1)
    weights = np.array([factorial(n) * factorial(count - n - 1) / factorial(count) for n in range(count)])
    shares = {}
    for index, player in enumerate(players):
        without = np.flatnonzero(masks[:, index] == 0)
        steps = values[without + (1 << index)] - values[without]
        shares[player] = float(np.sum(weights[sizes[without]] * steps))
    return pd.Series(shares, dtype=float)


def explain_gap(package: Package, hour: pd.Series, settings: ExplainSettings) -> pd.DataFrame:
    """Explain one hour's gap by its set-points against best practice under like conditions.

    Returns:
        setpoint, now, best_practice, share_gj_per_h, the largest share first; the last row, `unexplained`, is what
        the response model does not see, so that the shares add up to the gap. No rows where there is no gap, or
        where a set-point is missing.
    """
    if pd.isna(hour[GAP]) or hour[package.setpoints].isna().any():
        return pd.DataFrame(columns=SHARES).astype({"setpoint": str, "share_gj_per_h": float})
    reference = build_reference(find_precedents(package, hour, settings.like_hours), package.setpoints)
    present = hour[package.features + package.setpoints].astype(float)
    shares = build_shapley(lambda rows: package.predict_response(rows).mean(axis=1), present, reference)
    table = pd.DataFrame(
        {
            "setpoint": shares.index,
            "now": present[shares.index].to_numpy(),
            "best_practice": reference[shares.index].to_numpy(),
            "share_gj_per_h": shares.to_numpy(),
        }
    ).sort_values("share_gj_per_h", ascending=False, ignore_index=True)
    rest = float(hour[GAP]) - float(shares.sum())
    last = pd.DataFrame([["unexplained", np.nan, np.nan, rest]], columns=SHARES)
    return pd.concat([table, last], ignore_index=True)


def explain_period(package: Package, scored: pd.DataFrame, settings: ExplainSettings) -> pd.DataFrame:
    """Explain every judged hour of the last `explained_days`; the rows of `explain_gap` with `time_utc`."""
    first = scored[TIME].max() - pd.Timedelta(settings.explained_days, "D")
    judged = scored[(scored[TIME] > first) & scored[GAP].notna()]
    tables = [explain_gap(package, hour, settings).assign(**{TIME: hour[TIME]}) for _, hour in judged.iterrows()]
    known = [table for table in tables if len(table)]
    return pd.concat(known, ignore_index=True) if known else pd.DataFrame(columns=[*SHARES, TIME])


def find_last_judged(scored: pd.DataFrame) -> pd.Series:
    """The last hour that has a gap; the last hour of all where none has."""
    judged = scored[scored[GAP].notna()]
    return find_last(judged if len(judged) else scored)


def rank_causes(shares: pd.DataFrame) -> pd.DataFrame:
    """Mean share of each set-point over a period (GJ/h), the largest first."""
    if shares.empty:
        return pd.DataFrame(columns=["setpoint", "share_gj_per_h"])
    mean = shares.groupby("setpoint")["share_gj_per_h"].mean()
    return mean.sort_values(ascending=False).reset_index()


def build_causes_table(shares: pd.DataFrame) -> pd.DataFrame:
    """Build the table of set-points now and in the best hours, with their share of the gap."""
    known = [row for row in shares.to_dict("records") if row["setpoint"] != "unexplained"]
    return pd.DataFrame(
        {
            "set-point": [read_heading(row["setpoint"]) for row in known],
            "now": [format_value(row["now"], row["setpoint"], with_unit=False) for row in known],
            "best hours": [format_value(row["best_practice"], row["setpoint"], with_unit=False) for row in known],
            "share, GJ/h": [row["share_gj_per_h"] for row in known],
        }
    )


def explain_drivers(package: Package, hour: pd.Series) -> pd.DataFrame:
    """Explain the best energy of one hour by load and drivers, from the medians of the training hours.

    Returns:
        driver, now, median, share_gj_per_h; they add up to best now less best at the medians. No rows where a
        driver is missing.
    """
    if hour[package.features].isna().any():
        return pd.DataFrame(columns=["driver", "now", "median", "share_gj_per_h"])
    medians = pd.Series({feature["column"]: feature["median"] for feature in package.card["features"]})
    present = hour[package.features].astype(float)
    shares = build_shapley(lambda rows: package.predict(rows)[BEST].to_numpy(), present, medians)
    table = {"driver": shares.index, "now": present.to_numpy(), "median": medians.to_numpy(), "share_gj_per_h": shares}
    order = shares.abs().to_numpy().argsort()[::-1]
    return pd.DataFrame(table).reset_index(drop=True).iloc[order].reset_index(drop=True)


def write_answer(shares: pd.DataFrame, settings: StageSettings, *, version: str) -> str:
    """Write which version of the model says it, and the one sentence: where the gap of the last days came from."""
    head = f"::: {{.small}}\nmodel: {version}\n:::\n\n"
    name, days = settings.plant.name, settings.explain.explained_days
    ranked = rank_causes(shares)
    causes = ranked[(ranked["setpoint"] != "unexplained") & (ranked["share_gj_per_h"] > 0)].head(2)
    if causes.empty:
        sentence = f"No set-point of {name} cost energy in the last {days} days that were judged."
        return f"{head}::: {{.answer}}\n{sentence}\n:::"
    listed = " and ".join(
        f"{read_label(row['setpoint'])} ([{row['share_gj_per_h']:.1f} GJ/h]{{.cost}})"
        for row in causes.to_dict("records")
    )
    sentence = f"Over the last {days} days most of the gap of {name} that has a cause came from {listed}."
    return f"{head}::: {{.answer}}\n{sentence}\n:::"


def write_shares(folder: Path, period: pd.DataFrame, last: pd.DataFrame) -> None:
    """Write the shares of the last days (`period.parquet`) and of the last judged hour (`last.parquet`)."""
    for name, shares in (("period", period), ("last", last)):
        with replace_file(folder / f"{name}.parquet") as temporary:
            shares.astype({"setpoint": "str"}).to_parquet(temporary, index=False)


def read_shares(folder: Path) -> pd.DataFrame:
    """Read the shares of the last judged hour."""
    return pd.read_parquet(folder / "last.parquet")
