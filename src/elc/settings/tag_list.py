"""What a tag list says: which historian tag, or which formula, is which column, and in which role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from elc.fields import AGE
from elc.settings.formulas import Array, Formula
from elc.settings.tag_rows import SIGNS

if TYPE_CHECKING:
    import pandas as pd  # a second to import, and commands read tag lists, too


@dataclass(frozen=True)
class Tag:
    """One line of a tag list; column value = reading x factor + offset, in the unit at the column's end.

    A totaliser counts an amount, and its column is the rate: then the factor makes the column's unit times an hour.
    `monotone` is the declared direction of a driver: energy only rises (`up`) or falls (`down`) with it, or empty.
    `group` names the drivers, or set-points, that move together and are explained as one; empty for none.
    A reading may be the amount of an interval (see `tag_units`): it stands for `amount_h`, and is never held longer.
    A tag that begins with = is none of the historian: `formula` makes its column of others, in the column's unit.
    `max_hold_h` and `min_coverage_frac` stand in for those of `ingest`, where they are given. `unit` is that of the
    readings, as the list has it; empty where a factor or an offset comes before it.

    A limit may be a formula of other columns, `low_formula` or `high_formula`; then `low` or `high` is None.
    """

    tag: str
    column: str
    role: str
    carrier: str
    factor: float
    offset: float
    low: float | None
    high: float | None
    description: str
    is_totaliser: bool = False
    monotone: str = ""
    group: str = ""
    amount_h: float | None = None
    max_hold_h: float | None = None
    min_coverage_frac: float | None = None
    unit: str = ""
    formula: Formula | None = None
    low_formula: Formula | None = None
    high_formula: Formula | None = None

    @property
    def has_limits(self) -> bool:
        """Whether both ends have a limit, be it a number or a formula."""
        ends = ((self.low, self.low_formula), (self.high, self.high_formula))
        return all(number is not None or formula is not None for number, formula in ends)

    @property
    def limit_parts(self) -> tuple[str, ...]:
        """The columns that its limits are made of."""
        return tuple(part for formula in (self.low_formula, self.high_formula) if formula for part in formula.parts)

    def build_limits(self, columns: pd.DataFrame) -> tuple[Array, Array]:
        """Work out its low and high limit in each interval (intervals,), in the column's unit.

        Infinite where it has none; NaN where it is a formula that has no value, or of columns that are not there.
        """
        low = _build_limit(self.low_formula, -np.inf if self.low is None else self.low, columns)
        return low, _build_limit(self.high_formula, np.inf if self.high is None else self.high, columns)

    def find_hold_h(self, usual_h: float) -> float:
        """How long a value of it holds at most (h), where `usual_h` is what the others have."""
        return self.amount_h or self.max_hold_h or usual_h

    def find_coverage_frac(self, usual_frac: float) -> float:
        """The covered share below which an interval of it is missing, where `usual_frac` is what the others have."""
        return usual_frac if self.min_coverage_frac is None else self.min_coverage_frac

    @property
    def is_computed(self) -> bool:
        """Whether ingest computes the column; the export has no such tag."""
        return self.tag.startswith("@")


def _build_limit(formula: Formula | None, number: float, columns: pd.DataFrame) -> Array:
    if formula is None:
        return np.full(len(columns), number)
    if not set(formula.parts) <= set(columns.columns):
        return np.full(len(columns), np.nan)
    return formula.build({name: columns[name].to_numpy(float) for name in formula.parts})


@dataclass(frozen=True)
class TagList:
    """The tags of one plant, in the order of the file; to iterate gives those with a column and its coverage."""

    plant: str
    tags: tuple[Tag, ...]

    def __iter__(self) -> Iterator[Tag]:
        return iter(tag for tag in self.used if not tag.is_computed)

    @property
    def read(self) -> TagList:
        """The list without what is made by formulas: the tags that the export is read for."""
        return TagList(self.plant, tuple(tag for tag in self.tags if tag.formula is None))

    @property
    def used(self) -> tuple[Tag, ...]:
        """Every tag with a column in the hourly table: read from the export, or computed."""
        return tuple(tag for tag in self.tags if tag.role != "ignore")

    def columns(self, *roles: str) -> list[str]:
        """List the columns of some roles, in the order of the tag list."""
        return [tag.column for tag in self.used if tag.role in roles]

    def find(self, column: str) -> Tag:
        """Find the tag behind a column."""
        return next(tag for tag in self.used if tag.column == column)

    @property
    def throughput(self) -> str:
        return self.columns("throughput")[0]

    @property
    def features(self) -> list[str]:
        """What the curve may know: throughput first, then the drivers. Never a set-point."""
        return self.columns("throughput") + self.columns("driver")

    @property
    def signs(self) -> dict[str, int]:
        """The declared direction of features: +1 where energy only rises with one, -1 where it only falls.

        Throughput and the age since a turnaround are always +1; a feature without a direction is not in it.
        """
        always = {self.throughput: "up", AGE: "up"}
        words = {tag.column: always.get(tag.column, tag.monotone) for tag in self.used if tag.column in self.features}
        return {column: SIGNS[word] for column, word in words.items() if word}
