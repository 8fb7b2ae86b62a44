"""What pictures of the curve show: the curve at one set of drivers or at several, and hours moved to them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from elc.curve.package import Package
from elc.curve.score import find_last
from elc.dataset import LEAST_WEEKS, WEEK_DAYS, count_weeks
from elc.fields import (
    AGE,
    BEST,
    BEST_HIGH,
    BEST_LOW,
    ENERGY,
    GAP,
    GAP_HIGH,
    GAP_LOW,
    HIGH,
    TIME,
    TYPICAL,
    read_label,
    read_unit,
)

VIEW_POINTS = 200
CONDITION_POINTS = 100
USUAL_RANGE = (0.1, 0.9)  # the quantiles of a driver between which it is compared

_LINES = {"best": BEST, "best_low": BEST_LOW, "best_high": BEST_HIGH, "typical": TYPICAL, "high": HIGH}
_EMPTY_LINES = pd.DataFrame(columns=["condition", "load", *_LINES])
_EMPTY_POINTS = pd.DataFrame(columns=["condition", "load", "sec"])


def move_to(hours: pd.DataFrame, today: pd.Series, package: Package) -> pd.Series:
    """Move hours to today's conditions: actual energy less own best plus best at today's drivers and own load.

    Hours at other weather scatter around a line drawn for today's; moved, they show how well they ran.
    """
    return hours[ENERGY] - hours[BEST] + _predict_at(hours[[package.throughput]], today, package)[BEST]


def _predict_at(loads: pd.DataFrame, conditions: pd.Series, package: Package) -> pd.DataFrame:
    drivers = _find_drivers(package)
    return package.predict(loads.assign(**{driver: float(conditions[driver]) for driver in drivers}))


def _find_drivers(package: Package) -> list[str]:
    return [feature for feature in package.features if feature != package.throughput]


def _build_lines(loads: pd.Series, conditions: pd.Series, package: Package, count: int) -> pd.DataFrame:
    """Build the curve as SEC on a grid of `count` loads; an interval that the package does not give is missing."""
    load = package.throughput
    grid = pd.DataFrame({load: np.linspace(loads.min(), loads.max(), count)})
    energy = _predict_at(grid, conditions, package).reindex(columns=list(_LINES.values()))
    sec = energy.div(grid[load], axis=0).set_axis(list(_LINES), axis=1)
    return pd.concat([grid[load].rename("load"), sec], axis=1)


@dataclass(frozen=True)
class CurveView:
    """The curve as a picture shows it, in specific energy against load, at today's drivers.

    `points` (load, sec): hours moved to today; `lines` (load, best, best_low, best_high, typical, high), the interval
    missing where the package gives none; `now` (load, sec, best, gap_low, gap_high: the interval of sec less best,
    missing where the hours have none) or None.
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
        return CurveView(load, pd.DataFrame(columns=["load", "sec"]), pd.DataFrame(columns=["load", *_LINES]), None)
    today = find_last(scored[scored[package.features].notna().all(axis=1)])
    points = pd.DataFrame({"load": judged[load], "sec": move_to(judged, today, package) / judged[load]})
    lines = _build_lines(judged[load], today, package, VIEW_POINTS)
    return CurveView(load, points, lines, _build_now(find_last(scored), load))


def _build_now(last: pd.Series, load: str) -> pd.Series | None:
    if pd.isna(last[GAP]):
        return None
    columns = {"sec": ENERGY, "best": BEST, "gap_low": GAP_LOW, "gap_high": GAP_HIGH}
    sec = {name: last.get(column, math.nan) / last[load] for name, column in columns.items()}
    return pd.Series({"load": last[load], **sec}, dtype=float)


@dataclass(frozen=True)
class Conditions:
    """The curve at several values of the driver that moves it most, in specific energy against load.

    `driver`: that driver, or None where the curve has no driver beside load and ageing; `lines` (condition, load, best,
    best_low, best_high, typical, high), 100 loads a condition; `points` (condition, load, sec): hours moved to it.
    """

    throughput: str
    driver: str | None
    lines: pd.DataFrame
    points: pd.DataFrame


def build_conditions(
    package: Package, hours: pd.DataFrame, quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)
) -> Conditions:
    """Build the curve at quantiles of the driver that moves it most, all other drivers at their medians.

    Args:
        package: the model package.
        hours: steady hours with `ENERGY` and every feature; an hour that lacks one or is outside the envelope of
            the package cannot be compared and is left out.
        quantiles: where the driver is held (0 to 1). By rank, the hours are dealt out in as many equal shares.
    """
    load = package.throughput
    known = hours[hours[[ENERGY, *package.features]].notna().all(axis=1)]
    known = known[~package.find_outside(known)]
    driver = _find_strongest(package, known)
    medians = known[package.features].median()
    values = [math.nan] if driver is None else sorted(set(known[driver].quantile(list(quantiles))))
    labels = ["all hours"] if driver is None else _name_values(driver, values)
    share = _share_out(known, driver, len(values))
    lines, points = [_EMPTY_LINES], [_EMPTY_POINTS]
    for number, (value, label) in enumerate(zip(values, labels, strict=True)):
        chosen = known[share == number]
        if len(chosen):
            at = medians if driver is None else medians.where(medians.index != driver, value)
            lines.append(_build_lines(chosen[load], at, package, CONDITION_POINTS).assign(condition=label))
            points.append(_build_points(chosen, at, package).assign(condition=label))
    return Conditions(load, driver, _join(lines), _join(points))


def summarise_interval(package: Package, hours: pd.DataFrame, bands: int = 4) -> pd.DataFrame:
    """Summarise how sure best is over load: half the width of its interval, as the median of each load band.

    Args:
        package: the model package.
        hours: with their times and every feature.
        bands: of load.

    Returns:
        from and to (of load, in its unit), intervals, and half width, %; equally many hours in each band, and one band
        for all where the weeks are too few.
    """
    load, energy = hours[package.throughput], package.predict(hours)
    half = (energy[BEST_HIGH] - energy[BEST_LOW]) / energy[BEST] / 2
    count = bands if count_weeks(hours[TIME], days=WEEK_DAYS) >= LEAST_WEEKS else 1
    groups = half.groupby(pd.qcut(load, count, duplicates="drop"), observed=True)
    rows = [(band.left, band.right, len(values), 100 * values.median()) for band, values in groups]
    return pd.DataFrame(rows, columns=["load from", "to", "intervals", "half width, %"])


def _find_strongest(package: Package, hours: pd.DataFrame) -> str | None:
    """Find the driver whose usual range moves best most, at median load and the others' medians; never ageing."""
    medians = hours[package.features].median()
    moves = {}
    for driver in _find_drivers(package):
        if driver != AGE and len(hours):
            ends = pd.DataFrame([medians, medians]).assign(**{driver: hours[driver].quantile(USUAL_RANGE).to_numpy()})
            moves[driver] = float(np.ptp(package.predict(ends)[BEST]))
    return max(moves, key=lambda name: moves[name]) if moves else None


def _name_values(driver: str, values: list[float]) -> list[str]:
    """Name values of a driver, with no more digits than tell them apart to a tenth of their range."""
    spread = values[-1] - values[0]
    digits = max(0, math.ceil(-math.log10(spread / 10))) if spread > 0 else 1
    while len({f"{value:.{digits}f}" for value in values}) < len(values):
        digits += 1
    sign = read_unit(driver).sign
    return [f"{read_label(driver)} {round(value, digits) + 0.0:.{digits}f} {sign}".rstrip() for value in values]


def _share_out(hours: pd.DataFrame, driver: str | None, count: int) -> pd.Series:
    """Number each hour by its share (0 to count - 1) of the driver's range, equal hours to a share."""
    if driver is None:
        return pd.Series(0, index=hours.index)
    rank = hours[driver].rank(method="first") - 1
    return (rank * count // len(hours)).astype(int)


def _build_points(hours: pd.DataFrame, conditions: pd.Series, package: Package) -> pd.DataFrame:
    """Move hours to conditions: actual energy less own typical plus typical there at own load, as SEC.

    Unlike `move_to` the hours stay as far from typical, the middle of what they show, as they were.
    """
    load = package.throughput
    there = _predict_at(hours[[load]], conditions, package)[TYPICAL]
    energy = hours[ENERGY] - package.predict(hours)[TYPICAL] + there
    return pd.DataFrame({"load": hours[load], "sec": energy / hours[load]})


def _join(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Join the frames of each condition; without any, the first, which is empty."""
    joined = pd.concat(frames[1:], ignore_index=True) if len(frames) > 1 else frames[0]
    return joined[list(frames[0].columns)]
