"""The one sentence that says how a plant is doing: surely above its best, surely below, or not to be told from it."""

from __future__ import annotations

import math

from elc.fields import ENERGY
from elc.monitor import Interval, PlantState
from elc.pages.amounts import write_money
from elc.pages.language import (
    escape,
    format_co2,
    format_energies,
    format_share,
    format_short_energy,
    get_unit,
    say,
)
from elc.pages.reasons import say_reasons
from elc.settings import StageSettings

AT_BEST_FRAC = 0.0005  # less is shown as 0.0 %


def write_answer(status: PlantState, settings: StageSettings) -> str:
    """Write how the plant is doing against its best, and what a named condition of the plant is of that."""
    return " ".join(part for part in (_write_gap(status, settings), _write_condition(status, settings)) if part)


def _write_condition(status: PlantState, settings: StageSettings) -> str:
    condition = status.condition
    if condition is None or condition.since is None or condition.operators_gap_gj_per_h is None:
        return ""
    best = condition.energy_gj_per_h / condition.frac
    ends = sorted(abs(end * best) for end in (condition.low, condition.high))
    size, low, high = format_energies(abs(condition.energy_gj_per_h), *ends, size=status.size_gj_per_h)
    places = {
        "size": say("{size} {rate_unit} ({low} to {high})", size=size, low=low, high=high),
        "day": f"{condition.since.tz_convert(settings.plant.time_zone):%Y-%m-%d}",
        "rest": format_short_energy(condition.operators_gap_gj_per_h, size=status.size_gj_per_h),
    }
    if condition.frac > 0:
        return say(
            "The condition of the plant takes {size} more than in training, since about {day}; without that the gap is "
            "{rest} {rate_unit}.",
            **places,
        )
    return say(
        "The condition of the plant takes {size} less than in training, since about {day}; without that the gap is "
        "{rest} {rate_unit}.",
        **places,
    )


def _write_gap(status: PlantState, settings: StageSettings) -> str:
    """Write the one sentence that says how the plant is doing; a gap has its interval in brackets, where known.

    It depends on the interval and on the share of best alone, so that a plant of any size is told the same. A gap that
    may be zero is not a loss; one whose share calls for a look (`max_gap_frac`) is told as one, with its doubt.
    """
    name, gap = escape(settings.plant.name), status.gap
    if gap is None:
        return say("{plant} has no gap to judge: {reason}.", plant=name, reason=say_reasons(status.no_gap_reasons))
    frac = gap.energy_gj / (float(status.hour[ENERGY]) - gap.energy_gj)
    if abs(frac) < AT_BEST_FRAC:
        return say("{plant} runs [at its best]{{.good}} {here}.", plant=name)
    places = {"plant": name, "size": _write_size(status, gap.energy_gj), "share": format_share(abs(frac), 1)}
    is_sure = status.interval is None or _is_sure(status.interval)
    if not is_sure and frac <= min(settings.monitor.max_gap_frac, settings.alerts.max_gap_frac):
        return _write_near(places, gap.energy_gj)
    if gap.energy_gj < 0:
        return say("{plant} runs [{size} below]{{.good}} its best curve {here}: {share}.", **places)
    places |= {"kind": "cost" if is_sure else "look", "money": write_money(gap.money, settings)}
    answer = _write_loss(places, gap.money, gap.co2_t)
    return answer if is_sure else f"{answer} {say('Best is not known well enough to be sure of that.')}"


def _is_sure(interval: Interval) -> bool:
    return interval.low > 0 or interval.high < 0


def _write_near(places: dict[str, str], gap: float) -> str:
    """Write that a plant cannot be told from its best."""
    if gap < 0:
        return say(
            "{plant} runs [at its best]{{.good}} {here}, as far as that is known: {size} below it, {share}.",
            **places,
        )
    return say(
        "{plant} runs [at its best]{{.good}} {here}, as far as that is known: {size} above it, {share}.",
        **places,
    )


def _write_loss(places: dict[str, str], money: float, co2_t: float) -> str:
    if math.isnan(money):
        return say(
            "{plant} uses [{size}]{{.{kind}}} more than its best {here}: {share}. The price of energy is not known.",
            **places,
        )
    if math.isnan(co2_t):
        return say(
            "{plant} uses [{size}]{{.{kind}}} more than its best {here}: {share}, {money} an hour.",
            **places,
        )
    return say(
        "{plant} uses [{size}]{{.{kind}}} more than its best {here}: {share}, {money} and {co2} t CO₂ an hour.",
        co2=format_co2(co2_t),
        **places,
    )


def _write_size(status: PlantState, gap: float) -> str:
    """Write how far energy is above best, or below it, and between what that lies: `3.1 GJ/h (2.2 to 4.0)`."""
    interval = status.interval
    ends = () if interval is None else (math.copysign(1.0, gap) * end for end in (interval.low, interval.high))
    shown, *between = format_energies(abs(gap), *sorted(ends), size=status.size_gj_per_h)
    size = f"{shown} {get_unit().rate}"
    return say("{size} ({low} to {high})", size=size, low=between[0], high=between[1]) if between else size
