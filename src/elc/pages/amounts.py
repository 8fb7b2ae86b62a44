"""Money, emissions, intervals and hours, as every page writes them."""

from __future__ import annotations

import math

import pandas as pd

from elc.fields import read_currency
from elc.pages.language import (
    choose_plant,
    format_co2,
    format_energies,
    format_energy,
    format_money,
    format_time,
    get_unit,
    name_zone,
    say,
)
from elc.settings import StageSettings


def write_money(amount: float, settings: StageSettings) -> str:
    """Write money with the sign of the site's currency, or that no price is known."""
    if math.isnan(amount):
        return say("no known price")
    return f"{format_money(amount)} {read_currency(settings.site.currency)}"


def write_co2(amount: float) -> str:
    """Write tonnes of CO₂ with their unit, or that they are not known."""
    if math.isnan(amount):
        return say("no known CO₂")
    return say("{amount} t CO₂", amount=format_co2(amount))


def write_rate(energy: float, settings: StageSettings, *, is_signed: bool) -> str:
    """Write an energy (GJ/h) that stands alone, in the plant's unit: `3.1 GJ/h`."""
    choose_plant(settings.energy_unit)
    return f"{format_energies(energy, is_signed=is_signed)[0]} {get_unit().rate}"


def write_interval(value: float, low: float, high: float, *, size: float) -> str:
    """Write an energy and between what it lies: `3.1 (2.2 to 4.0)`; a dash where it is not known.

    `size` is what the plant takes (see `curve.find_size`).
    """
    if math.isnan(value):
        return "–"
    shown, least, most = (format_energy(number, size=size) for number in (value, low, high))
    return say("{value} ({low} to {high})", value=shown, low=least, high=most)


def write_site_time(time: pd.Timestamp, zone: str) -> str:
    """Write a moment by the clock of a site: `Sun 22 Nov 2026 13:00`."""
    return format_time(time.tz_convert(zone).to_pydatetime())


def write_hour(start: pd.Timestamp, settings: StageSettings) -> str:
    """Write an interval in site time: `Tue 30 Jun 2026 23:00–24:00, Europe/Oslo`."""
    return write_span(start, settings.plant.interval_length, settings.plant.time_zone)


def write_span(start: pd.Timestamp, width: pd.Timedelta, zone: str) -> str:
    """Write a span of time in a zone, as `write_hour` does, by the clock that it begins on.

    Where the zone's clock shows it twice its name tells which is meant: `01:00–02:00 CDT, America/Chicago`.
    """
    local = start.tz_convert(zone).to_pydatetime()
    shown = local.replace(tzinfo=None)
    end = shown + width.to_pytimedelta()
    closing = "24:00" if end.strftime("%H:%M") == "00:00" else end.strftime("%H:%M")
    return f"{format_time(shown)}–{closing}{name_zone(local)}, {zone}"
