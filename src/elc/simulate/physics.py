"""What moves the specific energy consumption (SEC) of a simulated ammonia plant.

Signs and sizes are those of natural-gas plants, GJ per tonne of NH3 on the lower heating value. Marks: [C] from a
first-principles sketch, slopes good to about 50 %; [J] engineering judgement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

COOLING_REFERENCE_DEGC = 15.0
COOLING_GJ_PER_T_PER_DEGC = 0.07  # [C] 0.05 to 0.10
C2PLUS_REFERENCE_PCT = 4.0
C2PLUS_GJ_PER_T_PER_PCT = 0.025  # [C] 0.02 to 0.03
PRESSURE_REFERENCE_BAR = 37.0
ANTISURGE_LOAD_FRAC = 0.78  # [C] anti-surge opens at 75 to 80 % load


@dataclass(frozen=True)
class SetPoint:
    """One set-point: where it is best, how far crews stray from it, and what straying costs (GJ/t)."""

    column: str
    best: float
    habit: float
    wander: float
    low: float
    high: float
    cost: Callable[[Array], Array]


def _tent(below: float, above: float) -> Callable[[Array], Array]:
    return lambda off: np.where(off < 0, -off * below, off * above)


def _bowl(below: float, above: float) -> Callable[[Array], Array]:
    return lambda off: np.where(off < 0, off**2 * below, off**2 * above)


def build_setpoints(flue_o2_gj_per_t_per_pct: float) -> tuple[SetPoint, ...]:
    """Build the set-points of one plant; `cost` takes the distance from `best` and gives GJ/t."""
    return (
        # [C] +0.055 per +0.1 above the optimum, steeper below
        SetPoint("steam_to_carbon_ratio", 2.95, 0.09, 0.06, 2.7, 3.6, _tent(0.9, 0.55)),
        # [C] -0.013 per degC at 785, -0.005 at 815: the cost rises with the square of what is missing
        SetPoint("reformer_outlet_temp_degc", 812.0, 6.0, 4.0, 780.0, 825.0, _bowl(0.00024, 0.0002)),
        # [C] 0.03 to 0.04 per %, [J] 0.06 to 0.10 in old furnaces; incomplete combustion below
        SetPoint("flue_o2_pct", 2.0, 0.55, 0.35, 1.2, 5.0, _tent(0.15, flue_o2_gj_per_t_per_pct)),
        # [C] -0.05 per +100 degC
        SetPoint("air_preheat_temp_degc", 590.0, 18.0, 10.0, 450.0, 625.0, _tent(0.0005, 0.0002)),
        # [C/J] +0.015 at 2.95, +0.055 at 2.90, +0.15 at 2.80, symmetric above
        SetPoint("h2_n2_ratio", 2.985, 0.025, 0.02, 2.8, 3.15, _bowl(5.0, 5.0)),
        # [C] +0.12 at 5 %, +0.09 at 16 %, with hydrogen recovery
        SetPoint("loop_inerts_pct", 10.0, 1.3, 0.8, 5.0, 16.0, _bowl(0.0048, 0.0025)),
        # [C] +0.010 per degC
        SetPoint("converter_inlet_temp_degc", 385.0, 4.0, 2.5, 372.0, 415.0, _tent(0.02, 0.010)),
        # [C] +0.004 per MJ/kmol, +0.012 past about 55
        SetPoint("reboiler_duty_mj_per_kmol", 42.0, 4.0, 2.5, 36.0, 70.0, _tent(0.012, 0.005)),
        # [J] 6 degC to either side costs 0.05
        SetPoint("chiller_temp_degc", -18.0, 2.5, 1.5, -30.0, -5.0, _bowl(0.0014, 0.0014)),
    )


def load_factor(load_frac: Array) -> Array:
    """SEC over its value at full load, as a + b/load with a kink where anti-surge opens.

    Fitted to +0.8 % at 80, +2.7 % at 70 and +5.6 % at 60 % load [C].
    """
    load = np.maximum(load_frac, 0.3)
    part_load = 0.032 * (1 / np.minimum(load, 1.0) - 1)
    surge = 0.17 * np.maximum(ANTISURGE_LOAD_FRAC - load, 0)
    overload = 0.05 * np.maximum(load - 1.02, 0)
    return np.asarray(1 + part_load + surge + overload)


def pressure_cost(feed_pressure_bar: Array) -> Array:
    """GJ/t for feed gas below 37 bar: -0.025 per bar near 31, flat by 37 [C]."""
    missing = np.maximum(PRESSURE_REFERENCE_BAR - feed_pressure_bar, 0)
    return np.asarray(0.0021 * missing**2)


def driver_sec(
    sec_gj_per_t: float,
    *,
    load_frac: Array,
    cooling_water_temp_degc: Array,
    feed_c2plus_pct: Array,
    feed_pressure_bar: Array,
    ageing_frac: Array,
) -> Array:
    """SEC (GJ/t) at the given drivers and age with every set-point at its best, without noise."""
    conditions = (
        COOLING_GJ_PER_T_PER_DEGC * (cooling_water_temp_degc - COOLING_REFERENCE_DEGC)
        + C2PLUS_GJ_PER_T_PER_PCT * (feed_c2plus_pct - C2PLUS_REFERENCE_PCT)
        + pressure_cost(feed_pressure_bar)
    )
    return np.asarray(sec_gj_per_t * load_factor(load_frac) * (1 + ageing_frac) + conditions)
