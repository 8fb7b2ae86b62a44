"""Which hours a curve may learn from, and their split by time into train, valid and test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from elc.dataset.states import explain_states, find_reach
from elc.errors import ElcError
from elc.fields import ENERGY, IS_STEADY, STATE, TIME
from elc.settings import StageSettings, TagList

PARTS = ("train", "valid", "test")


@dataclass(frozen=True)
class Split:
    """Steady hours in time order, no hour in two parts, and the rated load that judged them steady."""

    rated_load: float
    train: pd.DataFrame
    valid: pd.DataFrame
    test: pd.DataFrame

    @property
    def learnt(self) -> pd.DataFrame:
        """The hours that a curve learns from in the end: once `valid` has said when to stop, it is learnt from too."""
        return pd.concat([self.train, self.valid], ignore_index=True)


def find_rated_load(hourly: pd.DataFrame, throughput: str) -> float:
    """The 98 % quantile of load: what the plant runs at when it runs well."""
    return float(hourly[throughput].quantile(0.98))


def drop_after(hourly: pd.DataFrame, day: str | None) -> pd.DataFrame:
    """Keep the hours before a UTC day (`train_until`); all of them where none is given."""
    if day is None:
        return hourly
    return hourly[hourly[TIME] < pd.Timestamp(day, tz="UTC")]


def drop_unsteady(hourly: pd.DataFrame, tags: TagList) -> pd.DataFrame:
    """Keep steady hours in which energy, throughput and every driver are known and finite, the first two positive."""
    known = hourly[[ENERGY, *tags.features]].abs().lt(np.inf).all(axis=1)
    positive = (hourly[ENERGY] > 0) & (hourly[tags.throughput] > 0)
    return hourly[hourly[IS_STEADY] & known & positive].reset_index(drop=True)


def build_split(
    steady: pd.DataFrame, rated_load: float, settings: StageSettings, marked: pd.DataFrame | None = None
) -> Split:
    """Split steady hours by time into train, valid and test, so that no window crosses from one into the next.

    The hours of a later part whose state looks back into the former part are left out (see `find_reach`).

    Args:
        marked: hours with their states, of which the steady ones were chosen: an error says where the others went.

    Raises:
        ElcError: fewer than `min_hours` steady hours, or a part without any.
    """
    gate = settings.dataset
    where = f"plant {settings.plant_id}"
    if len(steady) < gate.min_hours:
        raise ElcError(
            f"{where}: {len(steady)} steady intervals are left, expected at least {gate.min_hours} "
            f"(dataset.min_hours){_explain_lost(steady, marked)}. Add a longer export, or change the setting that "
            "excludes most."
        )
    if gate.train_frac + gate.valid_frac >= 1:
        raise ElcError(f"{where}: dataset.train_frac and valid_frac leave no test hours. Lower one of them.")
    ordered = steady.sort_values(TIME, ignore_index=True)
    cuts = [round(len(ordered) * share) for share in (gate.train_frac, gate.train_frac + gate.valid_frac)]
    parts = _split_rows(ordered, cuts, find_reach(settings))
    empty = [name for name, part in zip(PARTS, parts, strict=True) if part.empty]
    if empty:
        raise ElcError(
            f"{where}: no interval is left for {' and '.join(empty)}, of {len(ordered)} steady ones and without those "
            "that look back across the split. Change dataset.train_frac or valid_frac, or add a longer export."
        )
    return Split(rated_load, *parts)


def _explain_lost(steady: pd.DataFrame, marked: pd.DataFrame | None) -> str:
    """Say where the intervals went that are not steady, with the keys that decide it."""
    if marked is None:
        return ""
    lost = [explain_states(marked[STATE].value_counts())]
    incomplete = int(marked[IS_STEADY].sum()) - len(steady)
    if incomplete:
        lost.append(f"energy, throughput or a driver missing or not positive {incomplete:,} (findings of ingest)")
    said = ", ".join(one for one in lost if one)
    return f"; of {len(marked):,} the others are: {said}" if said else ""


def _split_rows(ordered: pd.DataFrame, cuts: list[int], reach: pd.Timedelta) -> list[pd.DataFrame]:
    rows = np.split(np.arange(len(ordered)), cuts)
    first, *later = (ordered.iloc[chosen] for chosen in rows)
    before = ordered[TIME].shift().reindex(cuts)  # the last hour of each former part, missing where that is empty
    kept = [part[~(part[TIME] - reach <= last)] for part, last in zip(later, before, strict=True)]
    return [part.reset_index(drop=True) for part in (first, *kept)]


def summarise(marked: pd.DataFrame, steady: pd.DataFrame, split: Split, interval: str) -> pd.DataFrame:
    """Book every hour and its energy by state, and the running hours again by what became of them."""
    groups = {f"state: {state}": rows for state, rows in marked.groupby(STATE)}
    parts = {part: getattr(split, part) for part in PARTS}
    used = pd.concat([part[TIME] for part in parts.values()])
    running = marked[marked[IS_STEADY]]
    for name, part in parts.items():
        groups[f"{name}: {part[TIME].iloc[0]:%Y-%m-%d} to {part[TIME].iloc[-1]:%Y-%m-%d}"] = part
    groups["left out: energy or a driver unknown"] = running[~running[TIME].isin(steady[TIME])]
    groups["left out: looks back across the split"] = steady[~steady[TIME].isin(used)]
    width_h = pd.Timedelta(interval) / pd.Timedelta("1h")
    rows = [
        {
            "what": what,
            "hours": len(group) * width_h,
            "energy, GJ": group[ENERGY].sum() * width_h,
            "energy known": group[ENERGY].notna().mean(),
        }
        for what, group in groups.items()
    ]
    return pd.DataFrame(rows)
