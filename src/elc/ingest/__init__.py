"""From a historian's export to the hourly table of a plant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elc.ingest.derived import add_energy, mask_derived
from elc.ingest.table import read_hourly, write_hourly
from elc.ingest.traces import Traces
from elc.ingest.unfetched import find_unfetched
from elc.ingest.weather import fill_weather

if TYPE_CHECKING:
    from elc.ingest.export import Inventory, read_export, read_inventory, read_units

__all__ = [
    "Inventory",
    "Traces",
    "add_energy",
    "fill_weather",
    "find_unfetched",
    "mask_derived",
    "read_export",
    "read_hourly",
    "read_inventory",
    "read_units",
    "write_hourly",
]


def __getattr__(name: str) -> Any:
    """Import what reads an export when somebody asks for it: who reads the table needs no engine."""
    if name not in __all__:
        raise AttributeError(f"module elc.ingest has no attribute {name}")
    from elc.ingest import export

    return getattr(export, name)
