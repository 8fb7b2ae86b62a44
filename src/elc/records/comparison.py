"""How two packages compare on the same later hours: `data/compare/<plant>/comparison.json`.

Energies are in GJ/h, shares are fractions. What cannot be had from these hours is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from elc.records.card import Span
from elc.records.record import Record, Sparse, read_record, write_record

FILE = "comparison.json"
Verdict = Literal["better", "worse", "chance", "few", "none", "alone"]


class ComparedHours(Sparse):
    """The hours on which both packages are compared."""

    intervals: int
    """Number of intervals compared."""
    width_h: int | float
    """Length of an interval, in hours."""
    after: str
    """Start of the last interval that either was trained on (ISO 8601 in UTC)."""
    later: int
    """Number of intervals after that."""
    left_out: dict[str, int]
    """Later intervals that are not compared, by their first reason."""
    first: str = ""
    """Start of the first interval compared (ISO 8601 in UTC)."""
    last: str = ""
    """Start of the last interval compared (ISO 8601 in UTC)."""


class Limits(Record):
    """What a verdict asks for."""

    min_hours: int
    """Least number of hours."""
    min_blocks: int
    """Least number of blocks of days."""
    block_days: float
    """Length of a block, in days."""
    max_p: float
    """Above this p the difference is chance."""


class ComparedPackage(Record):
    """What one of the packages is made of."""

    label: str
    """What it is called: `candidate`, `v1.2.0` or `v1.1.0 in prod`."""
    sha256: str
    """SHA-256 of its card, in hexadecimal digits."""
    trained_on: dict[str, Span]
    """`train` and `valid`, with the first digits of their hashes."""
    features: dict[str, list[float]]
    """Range of throughput and of each driver over the training hours: least and greatest value."""
    setpoints: dict[str, list[float]]
    """The same of each set-point."""


class Change(Record):
    """A setting, a library or a meaning that differs."""

    name: str
    """What it is."""
    left: str
    """Its value in the left package; `none` where that does not hold it."""
    right: str
    """The same of the right one."""


class PairedTest(Sparse):
    """Whether the difference in pinball loss of best, left less right, is chance."""

    difference_gj_per_h: float
    """Mean difference; below 0 the left is better."""
    difference_low_gj_per_h: float | None = None
    """Its lower end."""
    difference_high_gj_per_h: float | None = None
    """Its upper end."""
    p: float | None = None
    """Two-sided p; left out where there is one block."""
    is_exact: bool
    """Whether every combination of signs was tried."""


class LoadBand(Sparse):
    """Best of the left less best of the right in a band of load."""

    load_low: float
    """Lower edge of the band, in the unit of the throughput."""
    load_high: float
    """Upper edge of the band, in the unit of the throughput."""
    intervals: int
    """Number of intervals."""
    difference_gj_per_h: float
    """Mean difference."""
    difference_low_gj_per_h: float | None = None
    """Its lower end."""
    difference_high_gj_per_h: float | None = None
    """Its upper end."""
    difference_frac: float
    """The same as a share of the right's best."""


class ComparedShares(Record):
    """What moves best in each package."""

    intervals: int
    """How many of the intervals were explained."""
    shares_gj_per_h: dict[str, dict[str, float]]
    """Mean absolute share of each driver, of `left` and `right`."""


class Comparison(Sparse):
    """A candidate or a version (`left`) beside the version in use (`right`, where there is one)."""

    plant: str
    """The plant's id."""
    verdict: Verdict
    """The left beside the right; `few` and `none` where the hours do not suffice, `alone` where nothing is in use."""
    throughput: str
    """Column of the throughput."""
    hours: ComparedHours
    """The hours compared."""
    limits: Limits
    """What a verdict asks for."""
    sides: dict[str, ComparedPackage]
    """`left` and `right`."""
    changes: list[Change]
    """What differs between their cards, in the order of the names."""
    blocks: int = 0
    """Number of blocks of days."""
    metrics: dict[str, dict[str, float]] = Field(default_factory=dict)
    """Figures of `left` and `right` by name, with the ends of their intervals."""
    test: PairedTest | None = None
    """Whether their difference is chance."""
    bands: list[LoadBand] = Field(default_factory=list)
    """Where the curves differ, from the lowest load up."""
    attribution: ComparedShares | None = None
    """What moves best in each."""


def read_comparison(folder: Path) -> Comparison:
    """Read the comparison of a plant's folder.

    Raises:
        RecordError: there is none, or it cannot be read.
    """
    return read_record(folder / FILE, Comparison, cure=f"Run elc compare {folder.name}.")


def write_comparison(folder: Path, comparison: Comparison) -> None:
    """Write `comparison.json`, whole or not at all."""
    write_record(folder / FILE, comparison)
