"""Enthalpies against the numbers by which IAPWS lets programs be checked (R7-97), and what has none."""

from __future__ import annotations

import numpy as np
import pytest

from elc.settings.steam import saturated_steam_enthalpy, saturation_temperature, steam_enthalpy, water_enthalpy

KELVIN = 273.15


def test_superheated_steam_is_that_of_the_tables() -> None:
    """Table 15 of R7-97."""
    found = steam_enthalpy(np.array([0.035, 0.035, 300.0]), np.array([300.0, 700.0, 700.0]) - KELVIN)
    np.testing.assert_allclose(found, [2.54991145, 3.33568375, 2.63149474], rtol=1e-8)


def test_water_boils_where_the_tables_say() -> None:
    """Table 36 of R7-97."""
    found = saturation_temperature(np.array([1.0, 10.0, 100.0, 230.0]))
    np.testing.assert_allclose(found + KELVIN, [372.755919, 453.035632, 584.149488, np.nan], rtol=1e-8)


def test_water_and_dry_steam_are_those_of_the_tables() -> None:
    """Saturation at 10 bar and 180 degC, from tables of IAPWS-IF97 (five digits)."""
    np.testing.assert_allclose(saturated_steam_enthalpy(np.array([10.0, 100.0])), [2.7771, 2.7255], rtol=5e-5)
    np.testing.assert_allclose(water_enthalpy(np.array([100.0, 180.0])), [0.41910, 0.76319], rtol=5e-5)


@pytest.mark.parametrize(
    ("pressure", "temperature"),
    [(10.0, 179.0), (10.0, np.nan), (np.nan, 300.0), (-1.0, 300.0), (0.0, 300.0), (40.0, 900.0), (40.0, -300.0)],
)
def test_what_is_no_superheated_steam_has_no_value(pressure: float, temperature: float) -> None:
    found = steam_enthalpy(np.array([pressure, 40.0]), np.array([temperature, 400.0]))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(3.2145, rel=5e-5)  # of the same tables


def test_nothing_at_all_is_no_error() -> None:
    assert np.isnan(steam_enthalpy(np.array([np.nan]), np.array([np.nan]))).all()
    assert saturated_steam_enthalpy(np.array([])).size == 0
    assert np.isnan(saturated_steam_enthalpy(np.array([221.0]))).all()
    assert np.isnan(water_enthalpy(np.array([-1.0, 400.0]))).all()
