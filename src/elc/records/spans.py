"""The sums that a report is made of: amounts of energy, what intervals are booked as, and spans of time.

Energies are in GJ, shares are fractions. A number that is null is one that nobody can stand behind.
"""

from __future__ import annotations

from typing import Literal, get_args

from elc.records.record import Moment, Record

Kind = Literal["judged", "trip", "start", "ramp", "unknown", "no_energy", "no_driver", "outside", "no_row"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Amount(Record):
    """An energy, what it costs as the plant's gap carrier, and the CO2 of it."""

    energy_gj: float
    """Energy (GJ)."""
    money: float | None
    """Money, in the currency of the report; null where a day has no price."""
    co2_t: float | None
    """CO2 (t); null where a day has no factor."""


class CarrierSum(Record):
    """One carrier over the intervals with known energy; what is exported counts below zero."""

    carrier: str
    """Name of the carrier in params.yaml."""
    is_export: bool
    """Whether it leaves the plant."""
    amount: Amount
    """Energy, money and CO2 of it."""


class Booking(Record):
    """The intervals of one kind; each interval of the period is of exactly one."""

    kind: Kind
    """`judged`, a state of the plant, or why an interval in which the plant ran steadily was not judged."""
    intervals: int
    """How many."""
    energy_gj: float
    """Energy of those of which it is known (GJ)."""
    production: float
    """Production of those of which it is known."""


class Savings(Record):
    """Avoided energy: the baseline model under present conditions less actual, over judged intervals."""

    intervals: int
    """How many intervals were compared."""
    actual_gj: float
    """Their actual energy (GJ)."""
    baseline_gj: float
    """What they took in the baseline period on average (GJ)."""
    routine_gj: float
    """Routine adjustment: what load, weather and feed that differ from the baseline period add (GJ)."""
    non_routine_gj: float
    """Non-routine adjustment: what declared events since the baseline period add (GJ)."""
    adjusted_gj: float
    """Adjusted baseline: the sum of the three (GJ)."""
    avoided: Amount
    """Adjusted baseline less actual."""
    error: Amount
    """Half the width of its interval, by ASHRAE Guideline 14."""
    frac: float
    """Avoided energy as a share of the adjusted baseline."""
    is_sure: bool
    """Whether the interval does not hold zero."""


class SpanSum(Record):
    """The sums of a span of time, such as a month."""

    name: str
    """`2026-05`, `2026-Q2`, `2026`."""
    start: Moment
    """Start (UTC)."""
    end: Moment
    """End (UTC)."""
    intervals: int
    """Intervals from start to end."""
    judged: int
    """Intervals that were judged."""
    known: int
    """Intervals with known energy."""
    energy_gj: float
    """Energy of the known intervals (GJ)."""
    production: float
    """Production, where it is known."""
    sec_gj: float | None
    """Energy per unit of production, over intervals of which both are known."""
    judged_gj: float
    """Energy of the judged intervals (GJ)."""
    judged_production: float
    """Production of the judged intervals."""
    best_gj: float
    """Best of the judged intervals (GJ)."""
    typical_gj: float
    """Typical of the judged intervals (GJ)."""
    gap: Amount | None
    """Energy above best; null where nothing was judged."""
    gap_low: Amount | None
    """Low end of its interval."""
    gap_high: Amount | None
    """High end of its interval."""
    gap_frac: float | None
    """Energy above best as a share of best."""
    savings: Savings | None
    """Against the baseline period; null where there is none to count from."""
