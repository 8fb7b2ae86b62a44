"""Which set-points to move, how far, and what it would save: from what the plant itself did in its best hours.

Where the model does not know, there is no advice.
"""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve import Package, build_reference, find_precedents, predict_changes
from elc.fields import ENERGY, GAP, read_label
from elc.paths import replace_file
from elc.settings import AdviseSettings, ExplainSettings, TagList

Array = NDArray[np.float64]
COLUMNS = ["setpoint", "now", "to", "saving_gj_per_h", "low_gj_per_h", "high_gj_per_h", "precedents", "note"]
NEAR_LIMIT_FRAC = 0.05


def build_moves(
    package: Package, hour: pd.Series, tags: TagList, settings: AdviseSettings, like: ExplainSettings
) -> pd.DataFrame:
    """Build the moves of one hour, the largest saving first; no rows where the hour calls for none.

    Each set-point may move towards the median of the precedents, by at most `max_step_frac` of its range in the tag
    list, inside its limits there and the range it was trained on. Moves are added one by one, at most `max_moves`; each
    row is what its move adds to those above it, with the interval of the ensemble, which must lie above zero.
    """
    empty = pd.DataFrame(columns=COLUMNS)
    if pd.isna(hour[GAP]) or hour[GAP] <= 0 or hour[package.setpoints].isna().any():
        return empty
    precedents = find_precedents(package, hour, like.like_hours)
    targets = _find_targets(package, hour, build_reference(precedents, package.setpoints), tags, settings)
    rows = _build_rows(package, hour, targets, settings)
    if not rows:
        return empty
    moves = pd.DataFrame(rows).assign(precedents=len(precedents))
    moves["note"] = [_find_note(tags, str(row["setpoint"]), float(row["to"])) for row in moves.to_dict("records")]
    return moves[COLUMNS]


def _find_targets(
    package: Package, hour: pd.Series, reference: pd.Series, tags: TagList, settings: AdviseSettings
) -> pd.Series:
    targets = {}
    for trained in package.card["setpoints"]:
        column = trained["column"]
        tag = tags.find(column)
        low = max(value for value in (tag.low, trained["low"]) if value is not None)
        high = min(value for value in (tag.high, trained["high"]) if value is not None)
        span = trained["high"] - trained["low"] if tag.low is None or tag.high is None else tag.high - tag.low
        step = settings.max_step_frac * span
        now = float(hour[column])
        targets[column] = float(np.clip(np.clip(reference[column], now - step, now + step), low, high))
    return pd.Series(targets)


def _move(hour: pd.Series, targets: pd.Series, chosen: list[str], package: Package) -> pd.Series:
    moved = hour[package.setpoints].astype(float)
    moved[chosen] = targets[chosen]
    return moved


def _build_rows(
    package: Package, hour: pd.Series, targets: pd.Series, settings: AdviseSettings
) -> list[dict[str, object]]:
    """Add moves one by one, each time the one that saves most of those that surely save and are worth it."""
    rows: list[dict[str, object]] = []
    done: list[str] = []
    spread = NormalDist().inv_cdf(0.5 + settings.interval_frac / 2)
    while len(done) < settings.max_moves:
        left = [column for column in package.setpoints if column not in done]
        steps = [_move(hour, targets, [*done, *column], package) for column in [[], *([c] for c in left)]]
        energy = predict_changes(package, hour, steps)
        savings = energy[0] - energy[1:]
        mean, doubt = savings.mean(axis=1), spread * savings.std(axis=1, ddof=1)
        is_sure = (mean - doubt > 0) & (mean >= settings.min_saving_frac * float(hour[ENERGY]))
        if not is_sure.any():
            break
        first = int(np.argmax(np.where(is_sure, mean, -np.inf)))
        column = left[first]
        rows.append(
            {
                "setpoint": column,
                "now": float(hour[column]),
                "to": float(targets[column]),
                "saving_gj_per_h": float(mean[first]),
                "low_gj_per_h": float(mean[first] - doubt[first]),
                "high_gj_per_h": float(mean[first] + doubt[first]),
            }
        )
        done.append(column)
    return rows


def _find_note(tags: TagList, column: str, target: float) -> str:
    """Say which limit of the tag list a move comes near."""
    tag = tags.find(column)
    if tag.low is None or tag.high is None:
        return ""
    slack = NEAR_LIMIT_FRAC * (tag.high - tag.low)
    for limit in (tag.low, tag.high):
        if abs(target - limit) < slack:
            return f"near the limit of {limit:g} for {read_label(column)}"
    return ""


def write_moves(folder: Path, moves: pd.DataFrame) -> None:
    """Write `moves.parquet`, whole or not at all."""
    with replace_file(folder / "moves.parquet") as temporary:
        moves.astype({"setpoint": "str", "note": "str"}).to_parquet(temporary, index=False)


def read_moves(folder: Path) -> pd.DataFrame:
    """Read the moves of the last hour."""
    return pd.read_parquet(folder / "moves.parquet")
