"""What every section of params.yaml is made of: its base class, and numbers, days and time zones that are checked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag


class Section(BaseModel):
    """One section of params.yaml: frozen, and a key that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _check_zone(name: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"time zone {name} is unknown; write it as in Europe/Oslo or UTC") from None
    return name


def _check_date(text: str) -> str:
    from datetime import date

    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError(f'{text} is not a date; write it in quotes as in "2026-04-01"') from None
    return text


def _check_rising(days: list[str]) -> list[str]:
    from datetime import date

    dates = [date.fromisoformat(day) for day in days]
    if dates != sorted(set(dates)):
        raise ValueError("write each date once, earliest first")
    return days


def _check_periods(given: object) -> object:
    if isinstance(given, dict):
        if not given:
            raise ValueError("no date is given; write a number, or dates with one each")
        _check_rising([str(day) for day in given])
    return given


def _list_names(given: object) -> object:
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else given


def _write_keys(given: object) -> object:
    """YAML reads codes as numbers; they are compared as they are written."""
    return {str(key): value for key, value in given.items()} if isinstance(given, dict) else given


def _find_kind(given: object) -> str:
    """Name which of the two a value is meant as, so that it is judged as that alone."""
    return "[dates]" if isinstance(given, dict) else "[number]"


Frac = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
# A number that holds always, or from each date (the site's midnight) until the next.
ByDate = Annotated[
    Annotated[float, Tag("[number]")]
    | Annotated[dict[Annotated[str, AfterValidator(_check_date)], float], Tag("[dates]")],
    Discriminator(_find_kind),
    AfterValidator(_check_periods),
]
TimeZone = Annotated[str, AfterValidator(_check_zone)]
Day = Annotated[str, AfterValidator(_check_date)]
Days = Annotated[list[Day], AfterValidator(_check_rising)]
# One name, or several in a list.
Names = Annotated[tuple[str, ...], BeforeValidator(_list_names)]
# What words and codes for the quality of a reading mean.
Qualities = Annotated[dict[str, Literal["good", "uncertain", "bad"]], BeforeValidator(_write_keys)]
