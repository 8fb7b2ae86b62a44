"""Trips and start-ups as events, each with its energy: they are accounted for separately, and the curve is not trained
on them."""

from __future__ import annotations

import pandas as pd

from elc.fields import ENERGY, STATE, TIME, read_unit
from elc.settings import StageSettings

STOPS = ("trip", "start")


def build_stops(marked: pd.DataFrame, throughput: str, settings: StageSettings) -> pd.DataFrame:
    """Build one row per trip and start-up, in time order, from hours with their states.

    Returns:
        kind, start and end (UTC), hours, energy_tj, energy_known_frac, production_t (or production_mwh),
        production_known_frac. A sum is over the known intervals, whose share stands beside it; it is missing where
        none is known.
    """
    width = settings.plant.interval_length
    width_h = width / pd.Timedelta("1h")
    kind = _fill_kinds(marked[STATE]) if settings.plant.export.is_continuous else marked[STATE]
    event = (kind.ne(kind.shift()) | marked[TIME].diff().ne(width)).cumsum()
    chosen = marked.assign(kind=kind, event=event)[kind.isin(STOPS)]
    groups = chosen.groupby("event", sort=True)
    made = f"production_{_read_amount(throughput)}"
    table = pd.DataFrame(
        {
            "kind": groups["kind"].first().astype("str"),
            "start": groups[TIME].first(),
            "end": groups[TIME].last() + width,
            "hours": groups.size() * width_h,
            "energy_tj": groups[ENERGY].sum(min_count=1) * width_h / 1000,
            "energy_known_frac": groups[ENERGY].count() / groups.size(),
            made: groups[throughput].sum(min_count=1) * width_h,
            "production_known_frac": groups[throughput].count() / groups.size(),
        }
    )
    return table.reset_index(drop=True)


def _fill_kinds(state: pd.Series) -> pd.Series:
    """Give hours of unknown load inside a stop to that stop: down before them, and down or starting after them."""
    known = state.where(state.ne("unknown"))
    before, after = known.ffill(), known.bfill()
    is_inside = state.eq("unknown") & after.isin(STOPS) & (before.eq("trip") | (before.eq("start") & after.eq("start")))
    return state.mask(is_inside, before)


def _read_amount(throughput: str) -> str:
    """What a throughput adds up to over hours: t/h gives t, MW gives MWh."""
    suffix = read_unit(throughput).suffix
    return "mwh" if suffix == "mw" else suffix.removesuffix("_per_h")
