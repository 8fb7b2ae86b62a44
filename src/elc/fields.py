"""Column names that every module shares, and the unit that a column's name ends in.

A mapped column is quantity, qualifier, unit: `gas_energy_gj_per_h`. The same name always means the same
quantity in the same unit, so the name alone says what a number is.
"""

from __future__ import annotations

from dataclasses import dataclass

from elc.errors import ElcError

TIME = "time_utc"
ENERGY = "energy_gj_per_h"
BEST = "energy_best_gj_per_h_pred"
TYPICAL = "energy_typical_gj_per_h_pred"
HIGH = "energy_high_gj_per_h_pred"
BEST_LOW = "energy_best_low_gj_per_h_pred"  # interval of best itself
BEST_HIGH = "energy_best_high_gj_per_h_pred"
GAP = "gap_gj_per_h"
GAP_FRAC = "gap_frac"
GAP_LOW = "gap_low_gj_per_h"
GAP_HIGH = "gap_high_gj_per_h"
ADJUSTMENT = "adjustment_frac"  # of best: what declared events made of the plant, part of best
CONDITION_FRAC = "condition_frac"  # of best: what the plant takes beyond load, drivers and set-points, and its interval
CONDITION_LOW = "condition_low_frac"
CONDITION_HIGH = "condition_high_frac"
CONDITION_SINCE = "condition_since_utc"  # known where the condition is sure: named
OPERATORS_GAP = "operators_gap_gj_per_h"  # the gap without a named condition
IS_OUTSIDE = "is_outside_envelope"
# What scoring adds to an hourly table, beside what the curve predicts.
SCORED = (
    *(GAP, GAP_FRAC, GAP_LOW, GAP_HIGH, IS_OUTSIDE),
    *(ADJUSTMENT, CONDITION_FRAC, CONDITION_LOW, CONDITION_HIGH, CONDITION_SINCE, OPERATORS_GAP),
)
IS_STEADY = "is_steady"
STATE = "plant_state"
RUNNING = ("run", "unknown")  # states in which a gap is expected: where the load is unknown the plant may run
AGE = "since_turnaround_days"  # the declared ageing driver
GOOD_HOURS = "good_hours"  # parts of a gap that do not belong to a set-point
UNEXPLAINED = "unexplained"
CONDITION_PART = "condition"  # of the plant, where it is named
NO_SETPOINTS = (CONDITION_PART, GOOD_HOURS, UNEXPLAINED)
LEVEL = "level"  # best and actual energy, between which the parts of a gap stand
COVERAGE_SUFFIX = "_coverage_frac"


@dataclass(frozen=True)
class Unit:
    """One unit that a column may end in: its suffix, pint's expression of it, and its sign on a page."""

    suffix: str
    expression: str
    sign: str


LARGEST = 1e15  # ASSUME: no instrument shows more; it is an overflow or a marker

UNITS = {
    unit.suffix: unit
    for unit in (
        Unit("gj_per_h", "GJ/h", "GJ/h"),
        Unit("t_per_h", "t/h", "t/h"),
        Unit("m3_per_h", "m**3/h", "m³/h"),
        Unit("knm3_per_h", "kNm3/h", "kNm³/h"),
        Unit("mw", "MW", "MW"),
        Unit("degc", "degC", "°C"),
        Unit("bar", "bar", "bar"),
        Unit("mbar", "mbar", "mbar"),
        Unit("pct", "percent", "%"),
        Unit("mj_per_nm3", "MJ/Nm3", "MJ/Nm³"),
        Unit("mj_per_kmol", "MJ/kmol", "MJ/kmol"),
        Unit("t", "t", "t"),
        Unit("days", "day", "days"),
        Unit("hz", "Hz", "Hz"),
        Unit("m_per_s", "m/s", "m/s"),
        Unit("ratio", "", ""),
        Unit("count", "", ""),
        Unit("raw", "", "(unit not recorded)"),
    )
}


_SPELLINGS = {
    "c2plus": "C2+",
    "co2": "CO2",
    "h2/n2": "H2/N2",
    "lhv": "LHV",
    "o2": "O2",
    "since": "time since",
    "temp": "temperature",
}


def read_unit(column: str) -> Unit:
    """Read the unit at the end of a column's name; the longest suffix wins.

    Raises:
        ElcError: the name ends in no known unit.
    """
    words = column.split("_")
    for start in range(1, len(words)):
        suffix = "_".join(words[start:])
        if suffix in UNITS:
            return UNITS[suffix]
    raise ElcError(
        f"column {column}: its name does not end in a known unit. End it in one of {', '.join(sorted(UNITS))}."
    )


def read_label(column: str) -> str:
    """Read the quantity of a column in plain words: `flue_o2_pct` gives `flue O2`."""
    quantity = column.removesuffix(read_unit(column).suffix).strip("_").replace("h2_n2", "h2/n2")
    return " ".join(_SPELLINGS.get(word, word) for word in quantity.split("_"))


def read_name(name: str) -> str:
    """Read a column, a group of columns, or a part of a gap, in plain words: a group's name ends in no unit."""
    if name in NO_SETPOINTS:
        return name.replace("_", " ")
    return read_label(name) if "_" in name else name


def format_value(value: float, column: str, *, with_unit: bool) -> str:
    """Write a value with the digits that its size deserves."""
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    sign = read_unit(column).sign if with_unit else ""
    return f"{value:.{digits}f} {sign}".rstrip()


def read_currency(code: str) -> str:
    """Read the sign of a currency by its ISO 4217 code; the code itself where there is no common sign."""
    return {"EUR": "€", "USD": "$", "GBP": "£", "NOK": "kr"}.get(code, code)


def coverage(column: str) -> str:
    """Name the column that holds the covered share of each interval (0 to 1)."""
    return f"{column}{COVERAGE_SUFFIX}"


def sec_sign(throughput: str) -> str:
    """Say the unit of specific energy consumption for a throughput column: GJ/t or GJ/MWh."""
    unit = read_unit(throughput)
    return "GJ/MWh" if unit.suffix == "mw" else f"GJ/{unit.sign.removesuffix('/h')}"
