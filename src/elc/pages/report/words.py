"""Periods, energies and production of a report, as its sentences and tables write them."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

from elc.pages.amounts import write_co2, write_money
from elc.pages.language import (
    convert_energy,
    escape,
    find_level_digits,
    format_date_alone,
    format_energy,
    format_number,
    get_language,
    get_unit,
    say,
    translate,
)
from elc.records.report import Report
from elc.records.spans import Amount
from elc.settings import StageSettings

YEAR_H = 8760
PLACES = 1  # of a percentage
_MARKED = re.compile(r"(?<!\\)\[((?:[^\\\]]|\\.)*)\]\{[^}]*\}")
_BOLD = re.compile(r"(?<!\\)\*\*(.+?)(?<!\\)\*\*")
_ESCAPED = re.compile(r"\\([^\w\s])")


def name_period(name: str) -> str:
    """Name a period in words: `May 2026`, `quarter 2 of 2026`, `2026`."""
    year, _, part = name.partition("-")
    if not part:
        return year
    if part.startswith("Q"):
        return say("quarter {number} of {year}", number=part[1:], year=year)
    return str(format_date(date(int(year), int(part), 1), translate("LLLL yyyy"), locale=get_language()))


def name_month(name: str) -> str:
    """Name a month in a table: `May 26`."""
    year, _, month = name.partition("-")
    return str(format_date(date(int(year), int(month), 1), translate("LLL yy"), locale=get_language()))


def write_energy(energy_gj: float, report: Report) -> str:
    """Write an energy of a period with its unit and the digits that a month of the plant deserves: `12,345 GJ`."""
    return f"{format_period(energy_gj, report)} {get_unit().sign}"


def format_period(energy_gj: float | None, report: Report, *, is_signed: bool = False) -> str:
    """Write an energy of a period (GJ) in the plant's unit of energy, without its name."""
    return format_energy(energy_gj, size=(report.size_gj_per_h or math.nan) * YEAR_H / 12, is_signed=is_signed)


def write_production(amount: float, report: Report) -> str:
    """Write production with its unit."""
    return f"{format_production(amount, report)} {report.production_unit}"


def format_production(amount: float, report: Report) -> str:
    """Write production without its unit, all of a report with equal digits: four significant of the largest month."""
    most = max(one.production for one in (report.whole, *report.months))
    return format_number(amount, find_level_digits(most) if most > 0 else 0)


def sec_unit(report: Report) -> str:
    """The unit of specific energy: `GJ/t`."""
    return f"{get_unit().sign}/{report.production_unit}"


def format_sec(sec_gj: float | None, report: Report) -> str:
    """Write a specific energy (GJ per unit of production) in the plant's unit, all of a report with equal digits."""
    known = [one.sec_gj for one in (report.whole, report.year_to_date, *report.months) if one.sec_gj is not None]
    digits = find_level_digits(convert_energy(known[0]) if known else math.nan)
    return format_number(None if sec_gj is None else convert_energy(sec_gj), digits)


def write_cost(amount: Amount, settings: StageSettings) -> str:
    """Write what an energy costs and emits: `90,144 € and 481.6 t CO₂`; what is not known says so."""
    money, co2 = (math.nan if value is None else value for value in (amount.money, amount.co2_t))
    return say("{money} and {co2}", money=write_money(money, settings), co2=write_co2(co2))


def write_day(time: datetime | str, settings: StageSettings) -> str:
    """Write the day of a moment, or of a date, at the site: `22 Nov 2026`."""
    moment = datetime.fromisoformat(time) if isinstance(time, str) else time
    local = moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(settings.plant.time_zone))
    return format_date_alone(local.date())


def write_last_day(end: datetime, settings: StageSettings) -> str:
    """Write the last day of a span that ends at a moment: the day before a midnight."""
    local = end.astimezone(ZoneInfo(settings.plant.time_zone))
    return format_date_alone((local - timedelta(microseconds=1)).date())


def strip_marks(text: str) -> str:
    """Take off what marks words on a page, for a mail or a terminal: `[words]{.cost}` gives `words`, `\\#1` `#1`."""
    return _ESCAPED.sub(r"\1", _BOLD.sub(r"\1", _MARKED.sub(r"\1", text)))


def say_check(check: str) -> str:
    """Say what a check found, as a heading of what `pages.findings` says in a sentence; a rare one by its name."""
    words = {
        "gap": say("too little good data"),
        "frozen": say("does not move"),
        "spike": say("jumps away and back"),
        "silent": say("sends nothing"),
        "filled": say("was missing, filled in"),
        "vanished": say("has stopped sending"),
        "range": say("outside its range"),
        "unit": say("unit in doubt"),
        "clipped": say("stops at one value"),
        "drift": say("drifts"),
        "negative_zero": say("slightly below zero at rest"),
        "low_coverage": say("good data for part of the time"),
    }
    return words.get(check, check.replace("_", " "))


def say_named(text: str) -> str:
    """Say what `params.yaml` names: a product, a carrier, the battery limit."""
    return escape(translate(text))
