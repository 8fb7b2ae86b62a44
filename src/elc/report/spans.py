"""The sums of a span of time, such as a month: energy, production, best, gap and savings."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from elc.curve import Cost, sum_costs
from elc.fields import BEST, ENERGY, GAP, GAP_HIGH, GAP_LOW, STATE, TIME, TYPICAL
from elc.records.spans import KINDS, Amount, Booking, CarrierSum, Savings, SpanSum
from elc.report.baseline import Baseline, find_avoided
from elc.report.hours import BASELINE, BOOKED, PRODUCTION, STOPPED, cut
from elc.report.period import Period
from elc.settings import StageSettings

Times = tuple[pd.Timestamp, pd.Timestamp]


def build_amount(cost: Cost) -> Amount:
    """Build the record of an amount; what has no price is null."""
    money, co2 = (None if math.isnan(value) else value for value in (cost.money, cost.co2_t))
    return Amount(energy_gj=cost.energy_gj, money=money, co2_t=co2)


@dataclass(frozen=True)
class Table:
    """What spans are summed from: all intervals (`hours.build_hours`), and the model of the baseline, if any."""

    hours: pd.DataFrame
    baseline: Baseline | None
    settings: StageSettings

    def build_period(self, period: Period) -> SpanSum:
        """Build the sums of a period."""
        zone = self.settings.plant.time_zone
        return self.build(period.name, (period.find_start(zone), period.find_end(zone)))

    def build(self, name: str, times: Times) -> SpanSum:
        """Build the sums of the intervals from a start until before an end."""
        plant, width_h = self.settings.plant, self.settings.plant.interval_h
        inside = cut(self.hours, *times)
        judged = inside[inside[GAP].notna()]
        gap, low, high = (_price(judged, column, self.settings) for column in (GAP, GAP_LOW, GAP_HIGH))
        best = float(judged[BEST].sum() * width_h)
        return SpanSum(
            name=name,
            start=times[0].to_pydatetime(),
            end=times[1].to_pydatetime(),
            intervals=round((times[1] - times[0]) / plant.interval_length),
            judged=len(judged),
            known=int(inside[ENERGY].notna().sum()),
            energy_gj=float(inside[ENERGY].sum() * width_h),
            production=float(inside[PRODUCTION].sum() * width_h),
            sec_gj=_find_sec(inside),
            judged_gj=float(judged[ENERGY].sum() * width_h),
            judged_production=float(judged[PRODUCTION].sum() * width_h),
            best_gj=best,
            typical_gj=float(judged[TYPICAL].sum() * width_h),
            gap=gap,
            gap_low=low,
            gap_high=high,
            gap_frac=gap.energy_gj / best if gap is not None and best > 0 else None,
            savings=_build_savings(inside, self.baseline, self.settings),
        )


def _find_sec(inside: pd.DataFrame) -> float | None:
    """Find specific energy over the intervals in which energy and production are known; None where none ran."""
    both = inside[inside[ENERGY].notna() & inside[PRODUCTION].notna()]
    made = float(both[PRODUCTION].sum())
    is_running = (~both[STATE].isin(STOPPED)).any()
    return float(both[ENERGY].sum()) / made if is_running and made > 0 else None


def _price(judged: pd.DataFrame, column: str, settings: StageSettings) -> Amount | None:
    """Sum up and price a column of judged intervals; None without any, or where one has no value."""
    # ASSUME: best is off by the same share in all intervals of a span, so the ends of its interval add up.
    if judged.empty or judged[column].isna().any():
        return None
    return build_amount(sum_costs(judged[column] * settings.plant.interval_h, judged[TIME], settings.plant))


def _build_savings(inside: pd.DataFrame, baseline: Baseline | None, settings: StageSettings) -> Savings | None:
    if baseline is None:
        return None
    found = find_avoided(inside, inside[BASELINE], baseline, settings.plant, settings.report.interval_frac)
    if found is None:
        return None
    return Savings(
        intervals=found.intervals,
        actual_gj=found.actual,
        baseline_gj=found.baseline,
        routine_gj=found.routine,
        non_routine_gj=found.non_routine,
        adjusted_gj=found.adjusted,
        avoided=build_amount(found.cost),
        error=build_amount(found.error),
        frac=found.cost.energy_gj / found.adjusted,
        is_sure=abs(found.cost.energy_gj) > found.error.energy_gj,
    )


def build_bookings(inside: pd.DataFrame, intervals: int, settings: StageSettings) -> tuple[Booking, ...]:
    """Build the intervals of a period by kind; those that are in no row of the table are of the kind `no_row`."""
    width_h = settings.plant.interval_h
    found = []
    for kind in KINDS:
        rows = inside[inside[BOOKED].eq(kind)]
        count = intervals - len(inside) if kind == "no_row" else len(rows)
        energy, made = (float(rows[column].sum() * width_h) for column in (ENERGY, PRODUCTION))
        if count:
            found.append(Booking(kind=kind, intervals=count, energy_gj=energy, production=made))
    return tuple(found)


def build_carriers(
    inside: pd.DataFrame, energies: dict[str, list[tuple[str, float]]], settings: StageSettings
) -> tuple[CarrierSum, ...]:
    """Build the energy of each carrier over the intervals with known energy, priced as that carrier.

    `energies` are the columns of each carrier, with their signs (`hours.list_energies`).
    """
    known = inside[inside[ENERGY].notna()]
    found = []
    for name, columns in energies.items():
        values = [known[column] * sign for column, sign in columns if column in known]
        total = np.sum(values, axis=0) if values else np.zeros(len(known))
        plant = settings.plant.model_copy(update={"gap_carrier": name})
        amounts = pd.Series(total, index=known.index) * settings.plant.interval_h
        cost = sum_costs(amounts, known[TIME], plant)
        is_export = settings.plant.carriers[name].is_export
        found.append(CarrierSum(carrier=name, is_export=is_export, amount=build_amount(cost)))
    return tuple(found)
