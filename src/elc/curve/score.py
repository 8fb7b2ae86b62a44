"""The gap: actual energy less best, for the hours in which the comparison means something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from elc.curve.package import Package
from elc.fields import BEST, ENERGY, GAP, GAP_FRAC, IS_OUTSIDE, IS_STEADY, TIME, TYPICAL
from elc.settings import PlantSettings

CO2_KG_PER_T = 1000
VIEW_POINTS = 200


@dataclass(frozen=True)
class Cost:
    """What an amount of energy costs, in the site's currency, and emits, in tonnes of CO2."""

    energy_gj: float
    money: float
    co2_t: float


def score_hours(hourly: pd.DataFrame, package: Package) -> pd.DataFrame:
    """Add best, typical, high, `is_outside_envelope`, `gap_gj_per_h` and `gap_frac` to hours with their states.

    A gap is given for steady hours inside the envelope with known energy; elsewhere it is missing.
    """
    predicted = package.predict(hourly)
    scored = pd.concat([hourly, predicted], axis=1)
    scored[IS_OUTSIDE] = package.find_outside(hourly)
    judged = scored[IS_STEADY] & ~scored[IS_OUTSIDE]
    scored[GAP] = (scored[ENERGY] - scored[BEST]).where(judged)
    scored[GAP_FRAC] = scored[GAP] / scored[BEST]
    return scored


def build_cost(energy_gj: float, plant: PlantSettings) -> Cost:
    """Price an amount of energy (GJ) as the plant's `gap_carrier`."""
    carrier = plant.carriers[plant.gap_carrier]
    return Cost(energy_gj, energy_gj * carrier.price_per_gj, energy_gj * carrier.co2_kg_per_gj / CO2_KG_PER_T)


def find_last(scored: pd.DataFrame) -> pd.Series:
    """The last hour of the table."""
    return scored.sort_values(TIME).iloc[-1]


def move_to(hours: pd.DataFrame, today: pd.Series, package: Package) -> pd.Series:
    """Move hours to today's conditions: actual energy less own best plus best at today's drivers and own load.

    Hours at other weather scatter around a line drawn for today's; moved, they show how well they ran.
    """
    return hours[ENERGY] - hours[BEST] + _predict_at(hours[[package.throughput]], today, package)[BEST]


def _predict_at(loads: pd.DataFrame, today: pd.Series, package: Package) -> pd.DataFrame:
    drivers = [feature for feature in package.features if feature != package.throughput]
    return package.predict(loads.assign(**{driver: float(today[driver]) for driver in drivers}))


@dataclass(frozen=True)
class CurveView:
    """The curve as a picture shows it, in specific energy against load, at today's drivers.

    `points` (load, sec): hours moved to today; `lines` (load, best, typical); `now` (load, sec, best) or None.
    """

    throughput: str
    points: pd.DataFrame
    lines: pd.DataFrame
    now: pd.Series | None


def build_view(scored: pd.DataFrame, package: Package, days: int) -> CurveView:
    """Build the picture of the curve from the judged hours of the last days."""
    load = package.throughput
    recent = scored[scored[TIME] > scored[TIME].max() - pd.Timedelta(days, "D")]
    judged = recent[recent[GAP].notna()]
    if judged.empty:
        empty = pd.DataFrame(columns=["load", "sec", "best", "typical"])
        return CurveView(load, empty, empty, None)
    today = find_last(scored[scored[package.features].notna().all(axis=1)])
    points = pd.DataFrame({"load": judged[load], "sec": move_to(judged, today, package) / judged[load]})
    grid = pd.DataFrame({load: np.linspace(judged[load].min(), judged[load].max(), VIEW_POINTS)})
    energy = _predict_at(grid, today, package)
    lines = pd.DataFrame(
        {"load": grid[load], "best": energy[BEST] / grid[load], "typical": energy[TYPICAL] / grid[load]}
    )
    last = find_last(scored)
    now = None
    if pd.notna(last[GAP]):
        now = pd.Series({"load": last[load], "sec": last[ENERGY] / last[load], "best": last[BEST] / last[load]})
    return CurveView(load, points, lines, now)
