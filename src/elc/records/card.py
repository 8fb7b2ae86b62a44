"""The card of a model package: `card.json`, which holds the hashes of all else in it, and its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from elc.records.record import Kept, read_record

FILE = "card.json"


class Column(Kept):
    """A column that the package knows."""

    column: str
    """Its name, which ends in its unit."""
    unit: str
    """Its unit as pages write it."""
    low: float
    """Least value of the training hours, in `unit`."""
    high: float
    """Greatest value of the training hours, in `unit`."""
    median: float
    """Median of the training hours, in `unit`."""
    group: str = ""
    """Columns of one group move together; empty for one that moves alone."""


class Feature(Column):
    """Throughput or a driver, in the order of the network's inputs."""

    monotone: str = ""
    """`up` or `down` where energy may only rise or fall with it; else empty."""


class Span(Kept):
    """A part of the history."""

    rows: int
    """Its intervals."""
    first: str
    """Start of its first interval (ISO 8601 in UTC)."""
    last: str
    """Start of its last interval (ISO 8601 in UTC)."""
    sha256: str = ""
    """SHA-256 of its rows, in hexadecimal digits."""


class CurveMetrics(Kept):
    """What is known of the curve when it is trained; losses and shifts are shares of energy."""

    held_out_coverage_frac: dict[str, float]
    """Share of the held-out hours below best, typical and high."""
    recalibrated_by_frac: dict[str, float]
    """By how much best, typical and high were shifted."""
    kept_epoch: int
    """Epoch whose weights were kept, from 0."""
    training_pinball_frac: float
    """Mean pinball loss of the training hours."""
    validation_pinball_frac: float
    """Mean pinball loss of the validation hours, before they were learnt from."""
    half_life_days: float | None = None
    """Age by which a training hour counted half as much; missing where all counted alike."""


class Card(Kept):
    """What a package is of, what it learnt from, and the hash of each of its files.

    A registered version is read for years, so that what a former release did not say may be missing.
    """

    plant: str
    """The plant's id."""
    product: str = ""
    """What the plant makes."""
    interval: str = ""
    """Length of an interval, such as `1h`."""
    battery_limit: str = ""
    """What counts as energy."""
    energy: dict[str, str] = Field(default_factory=dict)
    """`column` and `unit` of energy."""
    quantiles: dict[str, float] = Field(default_factory=dict)
    """Which quantiles best, typical and high are."""
    throughput: str = ""
    """Column of the throughput."""
    rated_load: float | None = None
    """Load at which the plant runs fully, in the unit of the throughput."""
    features: list[Feature] = Field(default_factory=list)
    """Throughput and drivers, in the order of the network."""
    setpoints: list[Column] = Field(default_factory=list)
    """Set-points."""
    learnt_until: str = ""
    """Day up to which it learnt habits (`YYYY-MM-DD`); empty where `params.yaml` says it."""
    trained_on: dict[str, Span] = Field(default_factory=dict)
    """`train` and `valid`."""
    metrics: CurveMetrics | None = None
    """What is known of the curve when it is trained."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """Section `train` of `params.yaml`."""
    libraries: dict[str, str] = Field(default_factory=dict)
    """Versions of the libraries that made it."""
    intended_use: str = ""
    """What it is for."""
    limits: str = ""
    """What it is not for."""
    envelope: dict[str, Any] = Field(default_factory=dict)
    """Outside of what it knows nothing: `limit` (a distance) and the ranges of the columns."""
    files: dict[str, str] = Field(default_factory=dict)
    """SHA-256 of each other file, in hexadecimal digits."""
    sha256: str = ""
    """SHA-256 of this card without this key, in hexadecimal digits."""


def read_card(folder: Path, *, root: Path | None = None) -> Card:
    """Read the card of a package; whether it is as it was written is judged by `curve.read_content`.

    Raises:
        RecordError: there is none, or it cannot be read.
    """
    return read_record(folder / FILE, Card, cure="Train the plant again.", root=root)
