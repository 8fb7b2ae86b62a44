"""The reports of all plants side by side: what they used, lost and avoided together, and one by one (Markdown).

Energies are in the unit that was chosen, that of the site: what is one plant's stands beside the others'.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from elc.fields import read_currency
from elc.pages.language import (
    escape,
    format_energies,
    format_money,
    format_share,
    get_unit,
    say,
    say_count,
    say_list,
)
from elc.pages.report.remarks import say_edition, say_remark
from elc.pages.report.words import (
    name_period,
)
from elc.pages.speech import speak_of
from elc.records.report import FleetReport, Report
from elc.records.spans import Savings
from elc.settings import StageSettings

Chosen = Mapping[str, StageSettings]


def write_fleet_head(fleet: FleetReport, chosen: Chosen, currency: str) -> str:
    """Write the head: the period, what all plants lost, and what they used and avoided."""
    simulated = [escape(one.name) for one in fleet.plants if chosen[one.plant].is_simulated]
    line = [name_period(fleet.period), say_count("{count} plant", "{count} plants", len(fleet.plants))]
    if simulated:
        is_all = len(simulated) == len(fleet.plants)
        line.append(say("simulated") if is_all else say("simulated: {plants}", plants=say_list(simulated)))
    answer, rest = write_fleet_answer(fleet, currency)
    return f"::: {{.small}}\n{' · '.join(line)}\n:::\n\n::: {{.answer}}\n{answer}\n:::\n\n::: {{.advice}}\n{rest}\n:::"


def write_fleet_answer(fleet: FleetReport, currency: str) -> tuple[str, str]:
    """Write what all plants used above their best in the period, and what they used and avoided; that may be empty."""
    used = sum(one.whole.energy_gj for one in fleet.plants)
    use = say_count(
        "In {period} {count} plant used {energy}.",
        "In {period} {count} plants used {energy} together.",
        len(fleet.plants),
        period=name_period(fleet.period),
        energy=write_energies(used)[0],
    )
    rest = [use if fleet.plants else "", write_savings_sum(fleet.plants)]
    return write_gap_sum(fleet.plants, currency), " ".join(filter(None, rest))


def write_fleet_remarks(fleet: FleetReport, names: Mapping[str, str], chosen: Chosen) -> str:
    """Write what to know before the numbers, in a box; empty without any."""
    points = list_fleet_remarks(fleet, names, chosen)
    if not points:
        return ""
    title = say("Before you use these numbers")
    return "\n".join([f'::: {{.callout-warning title="{title}"}}', *(f"- {point}" for point in points), ":::"])


def list_fleet_remarks(fleet: FleetReport, names: Mapping[str, str], chosen: Chosen) -> list[str]:
    """List what to know before the numbers: plants without a report, and the remarks of each.

    Each plant's remarks have its own unit of energy, so the unit of the site must be chosen again afterwards.
    """
    points = []
    if fleet.missing:
        missing = say_list([escape(names[plant]) for plant in fleet.missing])
        points.append(say("Without a report of this period: {plants}. No sum holds them.", plants=missing))
    for one in fleet.plants:
        settings = chosen[one.plant]
        speak_of(settings, drivers=None)
        said = [say_edition(one, settings), *(say_remark(remark, settings) for remark in one.remarks)]
        points += [f"**{escape(one.name)}:** {sentence}" for sentence in said if sentence]
    return points


def write_sum(reports: Sequence[Report], currency: str) -> str:
    """Write what the plants used above their best in all, and what was avoided, as far as every amount is known."""
    return " ".join(filter(None, [write_gap_sum(reports, currency), write_savings_sum(reports)]))


def write_gap_sum(reports: Sequence[Report], currency: str) -> str:
    """Write what the plants used above their best, or below it, in all."""
    gaps = [one.whole.gap for one in reports if one.whole.gap is not None]
    if not gaps:
        return say("No plant could be judged in this period.")
    gap, money = sum(one.energy_gj for one in gaps), add([one.money for one in gaps])
    energy = write_energies(abs(gap))[0]
    if gap < 0:
        return say_count(
            "{count} plant used {energy} less than its best.",
            "{count} plants together used {energy} less than their best.",
            len(gaps),
            energy=energy,
        )
    if money is None:
        return say_count(
            "{count} plant used {energy} more than its best.",
            "{count} plants used {energy} more than their best.",
            len(gaps),
            energy=energy,
        )
    return say_count(
        "{count} plant used {energy} more than its best, at {money}.",
        "{count} plants used {energy} more than their best, at {money}.",
        len(gaps),
        energy=energy,
        money=f"{format_money(money)} {read_currency(currency)}",
    )


def write_savings_sum(reports: Sequence[Report]) -> str:
    """Write what the plants avoided together, or that it cannot be told from nothing; empty where none has savings."""
    savings = [one.whole.savings for one in reports if one.whole.savings is not None]
    if not savings:
        return ""
    avoided, error = add_savings(savings)
    size, doubt = write_energies(abs(avoided), error)
    if abs(avoided) <= error:
        return say_count(
            "Against its baseline period no saving can be shown for {count} plant: the difference of {size} is within "
            "its uncertainty of {error}.",
            "Against their baseline periods no saving can be shown for {count} plants together: the difference of "
            "{size} is within its uncertainty of {error}.",
            len(savings),
            size=size,
            error=doubt,
        )
    if avoided < 0:
        return say_count(
            "Against its baseline period {count} plant used {size} ± {error} more than it would have under these "
            "conditions then.",
            "Against their baseline periods {count} plants together used {size} ± {error} more than they would have "
            "under these conditions then.",
            len(savings),
            size=size,
            error=doubt,
        )
    return say_count(
        "Against its baseline period {count} plant avoided {size} ± {error}.",
        "Against their baseline periods {count} plants together avoided {size} ± {error}.",
        len(savings),
        size=size,
        error=doubt,
    )


def add_savings(savings: Sequence[Savings]) -> tuple[float, float]:
    """Add up what plants avoided, with half the width of its interval (GJ)."""
    # ASSUME: the errors of plants are independent of each other, so their squares add up.
    error = math.sqrt(sum(one.error.energy_gj**2 for one in savings))
    return sum(one.avoided.energy_gj for one in savings), error


def add(values: Sequence[float | None]) -> float | None:
    """Add up what is known of all; None where one is not."""
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def write_energies(first: float, *others: float) -> list[str]:
    """Write energies of all plants with their unit, with the digits of the first."""
    return [f"{text} {get_unit().sign}" for text in format_energies(first, *others)]


def write_fleet_basis(fleet: FleetReport) -> str:
    """Write how the sums of all plants are made."""
    probability = next((one.savings_interval_frac for one in fleet.plants), None)
    if probability is None:
        return ""
    return say(
        "Each plant is judged against its own best, hour by hour; its own report says how. Sums are of the plants that "
        "have the figure. The uncertainty of what all avoided takes their errors as independent of each other, with "
        "{probability} probability.",
        probability=format_share(probability, 0),
    )
