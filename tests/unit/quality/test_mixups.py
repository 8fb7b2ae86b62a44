"""Which mix-ups a tag can have."""

from __future__ import annotations

import pytest

from elc.quality.mixups import _is_fuel
from elc.settings import Tag


@pytest.mark.parametrize(
    ("column", "carrier", "is_fuel"),
    [
        ("gas_energy_gj_per_h", "gas", True),
        ("boiler_energy_gj_per_h", "coal", True),
        ("power_gas_energy_gj_per_h", "gas", True),
        ("elec_energy_gj_per_h", "electricity", False),
        ("compressor_energy_gj_per_h", "grid power", False),
    ],
)
def test_electricity_has_no_heating_value(column: str, carrier: str, is_fuel: bool) -> None:
    assert _is_fuel(Tag("E-1", column, "energy", carrier, 1.0, 0.0, None, None, "")) is is_fuel
