"""Enthalpies of water and steam by IAPWS-IF97, for formulas of the tag list: pressures absolute, in bar; GJ/t.

Where what was read is not what a function is of, as where wet steam is asked for as superheated, there is no value:
pressure and temperature do not tell how wet it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BACKEND = "IF97::Water"
PASCAL_PER_BAR, KELVIN_AT_0_DEGC = 1e5, 273.15
J_PER_KG = 1e6  # of 1 GJ/t
LEAST_BAR, CRITICAL_BAR, MOST_BAR = 0.00612, 220.64, 1000.0
CRITICAL_DEGC, MOST_DEGC = 373.946, 800.0


def steam_enthalpy(pressure: Array, temperature: Array) -> Array:
    """Superheated steam of a pressure (bar) and a temperature (degC); none at or below saturation."""
    pressure, temperature = np.broadcast_arrays(pressure, temperature)
    is_known = (pressure >= LEAST_BAR) & (pressure <= MOST_BAR) & (temperature <= MOST_DEGC)
    is_steam = is_known & (temperature > np.nan_to_num(saturation_temperature(pressure), nan=CRITICAL_DEGC))
    return _look_up("H", is_steam, P=pressure * PASCAL_PER_BAR, T=temperature + KELVIN_AT_0_DEGC) / J_PER_KG


def saturated_steam_enthalpy(pressure: Array) -> Array:
    """Dry saturated steam of a pressure (bar)."""
    is_known = (pressure >= LEAST_BAR) & (pressure < CRITICAL_BAR)
    return _look_up("H", is_known, P=pressure * PASCAL_PER_BAR, Q=np.ones_like(pressure)) / J_PER_KG


def water_enthalpy(temperature: Array) -> Array:
    """Boiling water of a temperature (degC); that of colder water differs by 0.1 kJ/kg a bar at most."""
    is_known = (temperature > 0) & (temperature < CRITICAL_DEGC)
    return _look_up("H", is_known, T=temperature + KELVIN_AT_0_DEGC, Q=np.zeros_like(temperature)) / J_PER_KG


def saturation_temperature(pressure: Array) -> Array:
    """Find the temperature (degC) at which water of a pressure (bar) boils; none above the critical pressure."""
    is_known = (pressure >= LEAST_BAR) & (pressure < CRITICAL_BAR)
    return _look_up("T", is_known, P=pressure * PASCAL_PER_BAR, Q=np.zeros_like(pressure)) - KELVIN_AT_0_DEGC


def _look_up(what: str, is_known: NDArray[np.bool_], **state: Array) -> Array:
    """Look a property up, in units of the SI, where it is known; missing elsewhere."""
    from CoolProp.CoolProp import PropsSI  # a second to import, and few plants need it

    (first, given), (second, also) = state.items()
    found = np.full(is_known.shape, np.nan)
    if is_known.any():
        values: Any = PropsSI(what, first, given[is_known], second, also[is_known], BACKEND)
        found[is_known] = np.where(np.isfinite(values), values, np.nan)
    return found
