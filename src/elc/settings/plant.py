"""The entry of a plant in params.yaml: what an integrator writes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from elc.settings.section import Day, Days, NotNegative, Section, TimeZone


class Carrier(Section):
    """One kind of energy: what a GJ costs and emits; an export counts against consumption."""

    price_per_gj: float
    co2_kg_per_gj: NotNegative
    is_export: bool = False


class Export(Section):
    """How a plant's historian writes. `time_format` is strftime's; without it, ISO 8601 or epoch times are expected.

    `decimal` and `quality_codes` are for files whose content leaves open what a comma or a quality code means.
    `is_continuous` is false where the export holds chosen intervals only, such as steady states: then what lies
    between is no gap, and every interval counts as steady.
    """

    time_zone: TimeZone = "UTC"
    time_column: str | None = None
    time_format: str | None = None
    decimal: Literal[".", ","] | None = None
    quality_codes: Literal["opc_ua", "opc_da"] | None = None
    is_continuous: bool = True


class PlantSettings(Section):
    """One plant. A stage's name as a key overrides that section's keys for this plant alone.

    `turnarounds` are the first days of running after each, from the site's midnight on; the age of the plant counts
    from the last of them.
    """

    name: str
    product: str
    time_zone: TimeZone
    interval: Literal["10min", "15min", "30min", "1h"]
    train_until: Day | None
    turnarounds: Days = Field(default_factory=list)
    battery_limit: str
    note: str = ""
    gap_carrier: str
    export: Export
    carriers: dict[str, Carrier]
    ingest: dict[str, Any] = Field(default_factory=dict)
    dataset: dict[str, Any] = Field(default_factory=dict)
    train: dict[str, Any] = Field(default_factory=dict)
    monitor: dict[str, Any] = Field(default_factory=dict)
    explain: dict[str, Any] = Field(default_factory=dict)
    advise: dict[str, Any] = Field(default_factory=dict)
