"""The entry of a plant in params.yaml: what an integrator writes."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from elc.settings.fetch import Sources
from elc.settings.plain import Plain
from elc.settings.section import ByDate, Day, Days, Names, Qualities, Section, TimeZone

if TYPE_CHECKING:
    import pandas as pd

EnergyUnit = Literal["GJ", "MWh", "kWh", "MMBtu", "Gcal"]
Interval = Literal["5min", "10min", "15min", "30min", "1h", "2h", "4h", "8h", "12h", "1D"]
INTERVALS_H: dict[Interval, float] = {
    "5min": 1 / 12,
    "10min": 1 / 6,
    "15min": 1 / 4,
    "30min": 1 / 2,
    "1h": 1,
    "2h": 2,
    "4h": 4,
    "8h": 8,
    "12h": 12,
    "1D": 24,
}


class Carrier(Section):
    """One kind of energy: what a GJ costs and emits; an export counts against consumption.

    Either is a number, or several by the date (of the site) from which each holds; before the first, none is known, and
    none at all where it is null.
    """

    price_per_gj: ByDate | None
    co2_kg_per_gj: ByDate | None
    is_export: bool = False

    @field_validator("co2_kg_per_gj")
    @classmethod
    def _check_co2(cls, given: float | dict[str, float] | None) -> float | dict[str, float] | None:
        if any(value < 0 for value in (given.values() if isinstance(given, dict) else [given or 0.0])):
            raise ValueError("no energy removes CO2 from the air; write 0 or more")
        return given

    def find_price(self, day: date) -> float:
        """The price of a GJ on a day; NaN before the first date."""
        return _find_value(self.price_per_gj, day)

    def find_co2(self, day: date) -> float:
        """The kg of CO2 of a GJ on a day; NaN before the first date."""
        return _find_value(self.co2_kg_per_gj, day)


def _find_value(given: float | dict[str, float] | None, day: date) -> float:
    if not isinstance(given, dict):
        return math.nan if given is None else given
    begun = [value for start, value in given.items() if date.fromisoformat(start) <= day]
    return begun[-1] if begun else math.nan


class Export(Section):
    """How a plant's historian writes; what a file's content tells by itself need not be given.

    Columns are named by `tag_column`, `value_column`, `quality_column` and `unit_column`; of the names in a list for
    `time_column` a file may have one, or several whose texts together are its time. `time_format` is strftime's, or a
    list of them, of which the first that fits counts; without it, common ways to write a time are known.
    `decimal` and `quality_codes` are for files whose content leaves open what a comma or a quality code means;
    `quality` says what each word or code means. `stamps` is end where a value is of the interval before its time.
    `conflicts` says which of several values counts that one file has for a tag and moment; without it, none does.
    `no_data` are numbers that stand for no data. `empty_cells` is held where a cell of a table with a column a tag is
    empty because nothing new was read: then the value before it still holds. `skip_rows` are lines before the header,
    `comment` is what a line begins with that is none of the table, and `sheet` names that of a workbook.
    `is_continuous` is false where the export holds chosen intervals only, such as steady states: then what lies
    between is not a gap, and every interval counts as steady.
    """

    time_zone: TimeZone = "UTC"
    time_column: Names = ()
    time_format: Names = ()
    tag_column: str | None = None
    value_column: str | None = None
    quality_column: str | None = None
    unit_column: str | None = None
    decimal: Literal[".", ","] | None = None
    quality_codes: Literal["opc_ua", "opc_da", "aveva", "aveva_detail", "percent", "flag"] | None = None
    quality: Qualities = Field(default_factory=dict)
    stamps: Literal["start", "end"] = "start"
    skip_rows: int | None = Field(default=None, ge=0)
    comment: str | None = Field(default=None, min_length=1)
    sheet: str | None = None
    conflicts: Literal["last", "mean", "first"] | None = None
    no_data: list[float] = Field(default_factory=list)
    empty_cells: Literal["missing", "held"] = "missing"
    is_continuous: bool = True


class Event(Section):
    """Something done to a plant that moves what it takes from a day on, from the site's midnight: what, and why.

    What it changed beyond load, drivers and set-points becomes part of best, as ISO 50006 has it for a static factor.
    """

    date: Day
    kind: Literal["turnaround", "cleaning", "equipment", "meter", "other"]
    reason: Plain


def _check_events(events: list[Event]) -> list[Event]:
    days = [event.date for event in events]
    if days != sorted(set(days)):
        raise ValueError("write one event a day, the earliest first")
    return events


class BaselinePeriod(Section):
    """The period that savings are counted from, as `from` and `to` in params.yaml: days of the site, both included."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")

    @model_validator(mode="after")
    def _check_order(self) -> BaselinePeriod:
        if self.last < self.first:
            raise ValueError(f"to {self.last} is before from {self.first}; write the earlier day first")
        return self


class Base(Section):
    """What is known of a plant's energy before anything is learnt: `fixed_gj_per_h` is used whatever the load."""

    fixed_gj_per_h: float = 0.0

    @field_validator("fixed_gj_per_h")
    @classmethod
    def _check_fixed(cls, given: float) -> float:
        if given < 0:
            raise ValueError("write what the plant uses whatever its load, 0 or more GJ/h")
        return given


class PlantSettings(Section):
    """One plant. A stage's name as a key overrides that section's keys for this plant alone.

    `region` names the one of `regions` whose settings hold where the plant has none of its own; None for none.
    `turnarounds` are the first days of running after each, from the site's midnight on; the age of the plant counts
    from the last of them. `events` are other things done to the plant, each a lasting change of what it takes.
    `energy_unit` is that of pages and messages; null for the site's. Inside, energy stays in GJ.
    `baseline` is the period that reports count savings from. `sources` are what `elc fetch` asks for readings.
    """

    region: str | None = None
    name: Plain
    product: Plain
    time_zone: TimeZone
    interval: Annotated[Interval, BeforeValidator(lambda given: "1D" if given == "1d" else given)]
    train_until: Day | None
    turnarounds: Days = Field(default_factory=list)
    events: Annotated[list[Event], AfterValidator(_check_events)] = Field(default_factory=list)
    battery_limit: Plain
    note: Plain = ""
    gap_carrier: Plain
    energy_unit: EnergyUnit | None = None
    export: Export
    sources: Sources = Field(default_factory=list)
    carriers: dict[Plain, Carrier]
    base: Base = Field(default_factory=Base)
    baseline: BaselinePeriod | None = None
    ingest: dict[str, Any] = Field(default_factory=dict)
    dataset: dict[str, Any] = Field(default_factory=dict)
    train: dict[str, Any] = Field(default_factory=dict)
    monitor: dict[str, Any] = Field(default_factory=dict)
    explain: dict[str, Any] = Field(default_factory=dict)
    advise: dict[str, Any] = Field(default_factory=dict)
    alerts: dict[str, Any] = Field(default_factory=dict)
    report: dict[str, Any] = Field(default_factory=dict)

    @property
    def interval_h(self) -> float:
        """The length of an interval (h)."""
        return INTERVALS_H[self.interval]

    @property
    def interval_length(self) -> pd.Timedelta:
        """The same as a difference of times."""
        import pandas as pd  # a second to import, and commands read settings, too

        return pd.Timedelta(self.interval)

    @property
    def event_times(self) -> list[datetime]:
        """The moments (UTC) from which declared events count, in order."""
        return [self._find_midnight(event.date) for event in self.events]

    @property
    def baseline_times(self) -> tuple[datetime, datetime] | None:
        """When the baseline period starts and ends (UTC); None where none is declared."""
        if self.baseline is None:
            return None
        after = date.fromisoformat(self.baseline.last) + timedelta(days=1)
        return self._find_midnight(self.baseline.first), self._find_midnight(after.isoformat())

    def _find_midnight(self, day: str) -> datetime:
        return datetime.combine(date.fromisoformat(day), time(), ZoneInfo(self.time_zone)).astimezone(UTC)

    def find_age(self, at: datetime) -> float | None:
        """Count the days (of 24 h) from the last turnaround to a moment (aware); None before the first."""
        starts = [self._find_midnight(day) for day in self.turnarounds]
        past = [start for start in starts if start <= at]
        return (at - past[-1]) / timedelta(days=1) if past else None
