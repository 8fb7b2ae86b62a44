"""Numbers and times as the chosen language writes them, by Babel; a minus is a true one, a missing number a dash."""

from __future__ import annotations

import math
from datetime import date, datetime

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol

from elc.pages.language.catalog import get_language, translate
from elc.pages.language.plant import get_unit
from elc.settings.languages import ENGLISH

MISSING = "–"
STEPS = 20_000  # ASSUME: nobody acts on less than this part of what a plant takes
SIGNIFICANT = 2  # digits of a size in a sentence
LEVEL_SIGNIFICANT = 4  # of a specific energy
MOST_DIGITS = 6
THOUSAND = 1000
NBSP = "\u00a0"


def format_number(value: float | None, digits: int, *, is_signed: bool = False) -> str:
    """Write a number with fixed digits and groups of thousands: `12,345.7`, in Norwegian `12 345,7`."""
    if value is None or not math.isfinite(value):
        return MISSING
    rounded = round(float(value), digits) + 0.0  # no negative zero
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    text = str(format_decimal(abs(rounded), format=pattern, locale=get_language()))
    sign = "−" if rounded < 0 else "+" if is_signed and rounded > 0 else ""
    return sign + text


def convert_energy(value: float) -> float:
    """Convert an energy, GJ or GJ/h, to the unit in which energy is said (see `choose_plant`)."""
    return value / get_unit().gj


def find_digits(size: float) -> int:
    """Find the digits after the point that energies of a plant deserve, by what it takes (GJ/h), its `size`.

    A step of the last digit is one part in 2,000 to 20,000 of the plant: 1,000.0 GJ/h, 1.0000 GJ/h, 277.8 kW.
    """
    if not math.isfinite(size) or size <= 0:
        return 1
    return max(-math.ceil(math.log10(convert_energy(size) / STEPS) - 1e-9), 0)


def find_short_digits(value: float | None, *, most: int) -> int:
    """Find the digits after the point that leave two significant ones, `most` at most: 25, 3.1, 0.068."""
    if value is None or not math.isfinite(value) or value == 0:
        return 0
    return min(max(SIGNIFICANT - 1 - math.floor(math.log10(abs(value))), 0), most)


def format_energy(value: float | None, *, size: float, is_signed: bool = False) -> str:
    """Write an energy (GJ) or its rate (GJ/h) in the plant's unit, with the digits that its size deserves.

    Parts that stand side by side and add up are written by this. Beyond the digits of `find_digits` one is 0.
    """
    return _format_converted(value, find_digits(size), is_signed=is_signed)


def format_short_energy(value: float | None, *, size: float, is_signed: bool = False) -> str:
    """Write an energy that stands alone: two significant digits, and no more than a plant of a size deserves."""
    return format_energies(value, size=size, is_signed=is_signed)[0]


def format_energies(
    first: float | None, *others: float, size: float | None = None, is_signed: bool = False
) -> list[str]:
    """Write an energy that stands alone, and others beside it, such as its interval, with the digits of the first.

    Where no `size` is known, as of a sum over days, it has two significant ones.
    """
    shown = None if first is None else convert_energy(first)
    digits = find_short_digits(shown, most=MOST_DIGITS if size is None else find_digits(size))
    return [_format_converted(value, digits, is_signed=is_signed) for value in (first, *others)]


def _format_converted(value: float | None, digits: int, *, is_signed: bool) -> str:
    return format_number(None if value is None else convert_energy(value), digits, is_signed=is_signed)


def find_level_digits(level: float) -> int:
    """Find the digits after the point of specific energies about as large as `level`, in any unit: four significant.

    A per mille can be read: 28.15 GJ/t, 7.820 MWh/t, 0.3502 kWh/m³.
    """
    if not math.isfinite(level) or level == 0:
        return 2
    return max(LEVEL_SIGNIFICANT - 1 - math.floor(math.log10(abs(level))), 0)


def choose_sum(most: float) -> tuple[float, str]:
    """Choose the unit of sums of energy of up to `most` (GJ): how many GJ it is, and its sign."""
    unit = get_unit()
    is_small = not convert_energy(abs(most)) >= THOUSAND
    return (unit.gj, unit.sign) if unit.thousand is None or is_small else (THOUSAND * unit.gj, unit.thousand)


def format_sum(value: float, *, most: float) -> str:
    """Write a sum of energy (GJ) in the unit of `choose_sum`: with hundredths, or the digits that small sums need."""
    scale, _ = choose_sum(most)
    return format_number(value / scale, max(find_short_digits(most / scale, most=MOST_DIGITS), 2), is_signed=True)


def format_rate(amount: float | None, digits: int) -> str:
    """Write what a GJ costs, or emits, by the plant's unit of energy."""
    return format_number(None if amount is None else amount * get_unit().gj, digits)


def format_money(amount: float | None, *, is_signed: bool = False) -> str:
    """Write money without its sign: whole, hundredths where it is less than ten."""
    is_small = amount is not None and abs(amount) < 9.995 and round(amount, 2) != round(amount)
    return format_number(amount, 2 if is_small else 0, is_signed=is_signed)


def format_co2(amount: float | None, *, is_signed: bool = False) -> str:
    """Write tonnes of CO₂: tenths, and of less than one, two significant digits, thousandths of a kilogram at most."""
    return format_number(amount, max(find_short_digits(amount, most=6), 1), is_signed=is_signed)


def format_share(frac: float | None, digits: int, *, is_signed: bool = False) -> str:
    """Write a fraction as a percentage: `3.6 %`."""
    if frac is None or not math.isfinite(frac):
        return MISSING
    return f"{format_number(100 * frac, digits, is_signed=is_signed)}{NBSP}%"


def format_plain(value: float) -> str:
    """Write a number with the digits that it has, six at most: `0.5`, `24`."""
    if not math.isfinite(value):
        return MISSING
    return f"{value:g}".replace("-", "−").replace(".", get_decimal_symbol(get_language()))


def localise(text: str) -> str:
    """Write a number that Python formatted (`1,234.5`) as the chosen language does."""
    if get_language() == ENGLISH:
        return text
    signs = {",": get_group_symbol(get_language()), ".": get_decimal_symbol(get_language())}
    return "".join(signs.get(letter, letter) for letter in text)


def format_time(time: datetime) -> str:
    """Write a moment in its own zone: `Sun 22 Nov 2026 13:00`; with its name where the clock shows the time twice."""
    return _write_time(time, translate("EEE d MMM yyyy HH:mm")) + name_zone(time)


def format_short_day(day: date) -> str:
    """Write a day of which the year is known: `22 Nov`."""
    return str(format_date(day, translate("d MMM"), locale=get_language()))


def format_date_alone(day: date) -> str:
    """Write a day without its name: `22 Nov 2026`."""
    return str(format_date(day, translate("d MMM yyyy"), locale=get_language()))


def format_short_time(time: datetime) -> str:
    """Write a moment of which the year is known, in its own zone: `Sun 22 Nov 13:00`."""
    return _write_time(time, translate("EEE d MMM HH:mm")) + name_zone(time)


def name_zone(time: datetime) -> str:
    """Name the zone of a moment that its clock shows twice, with a space before it, as in ` CDT`; else nothing."""
    is_twice = time.replace(fold=0).utcoffset() != time.replace(fold=1).utcoffset()
    return time.strftime(" %Z") if is_twice else ""


def _write_time(time: datetime, pattern: str) -> str:
    return str(format_datetime(time, pattern, tzinfo=time.tzinfo, locale=get_language()))
