"""What drivers and set-points made of energy in the training hours of a package: `attribution.json`."""

from __future__ import annotations

from pydantic import Field

from elc.records.record import Kept

FILE = "attribution.json"


class Background(Kept):
    """Conditions of the training hours that best is compared with."""

    features: list[str]
    """Columns of the rows: throughput and drivers."""
    rows: list[list[float]]
    """A row an hour, each of a number a feature."""


class TrainingAttribution(Kept):
    """The attribution that later ones are compared with; a package that was made by hand has none."""

    background: Background | None = None
    """Conditions that best is compared with."""
    drivers: dict[str, float] = Field(default_factory=dict)
    """Mean absolute share of each driver, or group of drivers, in best, in GJ/h."""
    setpoints: dict[str, float] = Field(default_factory=dict)
    """Mean absolute share of each set-point, or group of set-points, in the response, in GJ/h."""
    hours: int = 0
    """How many hours were explained."""
