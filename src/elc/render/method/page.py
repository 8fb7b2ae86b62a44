"""Build method.qmd: meanings in words, then per plant its battery limit, prices and limits, thresholds, assumptions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from elc.fields import read_currency
from elc.pages.labels import say_heading
from elc.pages.language import (
    MISSING,
    choose_plant,
    escape,
    format_plain,
    format_rate,
    format_share,
    say,
    translate,
    write_code,
)
from elc.paths import Project
from elc.render.method.assumptions import Assumption, read_assumptions
from elc.render.method.thresholds import read_thresholds
from elc.settings import Formula, PlantSettings, Settings, TagList, read_tags


def build_method(project: Project, settings: Settings) -> str:
    """Build the page from params.yaml, the tag lists and the installed package.

    Raises:
        ElcError: a tag list has faults.
    """
    plants = [part for plant in settings.plants for part in _build_plant(project, plant, settings)]
    parts = [
        f"---\ntitle: {say('Method')}\n---",
        f"::: {{.answer}}\n{_build_answer()}\n:::",
        *_build_meanings(),
        *_build_intervals(settings),
        *_build_unjudged(settings),
        *plants,
        *_build_thresholds(project, settings),
        *_build_assumptions(read_assumptions(project.params)),
    ]
    return "\n\n".join(parts) + "\n"


def _build_answer() -> str:
    return say("Each plant is measured against the least energy that it has itself shown it can run on.")


def _build_meanings() -> list[str]:
    return [
        f"## {say('What best, typical and gap mean')}",
        say(
            "**Best** is the energy below which one hour in ten of the plant's own history lies, at the same load "
            "and drivers, such as weather and feed. **Typical** is the energy below which every second hour lies. Both "
            "are trained on load and drivers alone, which operators cannot change; set-points are left out, because "
            "the curve would otherwise excuse their cost."
        ),
        say(
            "**Gap** is actual energy less best. It is priced as the carrier of which more or less is bought when "
            "the gap changes. The gap is shown with an interval, from the uncertainty of best itself; an interval "
            "that reaches below zero does not call for action."
        ),
    ]


def _build_intervals(settings: Settings) -> list[str]:
    ingest = settings.ingest
    return [
        f"## {say('How intervals are made')}",
        say(
            "A reading holds until the next one of its tag, at most {hold} hours; a tag that is read all the time is "
            "missing in an interval without a reading. The value of an interval is the time-weighted mean; an "
            "interval with less than {coverage} of good data is missing. Only weather is filled, by a straight line "
            "over gaps of up to {gap} hours; nothing else is ever filled. Times are stored in UTC and shown in site "
            "time.",
            hold=format_plain(ingest.max_hold_h),
            coverage=format_share(ingest.min_coverage_frac, 0),
            gap=format_plain(ingest.max_gap_h),
        ),
    ]


def _build_unjudged(settings: Settings) -> list[str]:
    dataset = settings.dataset
    return [
        f"## {say('What is not judged')}",
        say(
            "- **Stops and start-ups**: load below {load} of the rated load, and {settle} hours after a start. They "
            "are accounted for separately.\n- **Changing load**: load that changes by more than {slope} of the rated "
            "load an hour within {window} hours.\n- **Missing or doubtful data**: without energy, load or a driver "
            "there is no gap. Values masked by a check count as missing.\n- **Outside the envelope**: load or "
            "drivers beyond the training range of the curve, one by one or in combination. The page shows which.",
            load=format_share(dataset.min_load_frac, 0),
            settle=format_plain(dataset.settle_after_start_h),
            slope=format_share(dataset.max_load_slope_frac_per_h, 0),
            window=format_plain(dataset.steady_window_h),
        ),
    ]


def _build_plant(project: Project, plant: str, settings: Settings) -> list[str]:
    entry = settings.plants[plant]
    choose_plant(entry.energy_unit or settings.site.energy_unit)
    tags = read_tags(project.tags(plant), plant)
    sign = read_currency(settings.site.currency)
    return [
        f"## {escape(entry.name)} {{#plant-{plant}}}",
        say(
            "Battery limit: {limit}. The gap is priced as {carrier}. Intervals of {interval}, in the time of {zone}.",
            limit=escape(translate(entry.battery_limit)),
            carrier=escape(translate(entry.gap_carrier)),
            interval=escape(entry.interval),
            zone=escape(entry.time_zone),
        ),
        _build_prices(entry, sign),
        _build_limits(tags),
    ]


def _build_prices(entry: PlantSettings, sign: str) -> str:
    header = (
        say("carrier"),
        say("from"),
        say("{currency} per {energy_unit}", currency=escape(sign)),
        say("kg CO₂ per {energy_unit}"),
    )
    rows = []
    for name, carrier in entry.carriers.items():
        label = escape(translate(name)) + (f" ({say('exported')})" if carrier.is_export else "")
        prices, co2 = _read_dates(carrier.price_per_gj), _read_dates(carrier.co2_kg_per_gj)
        for day in sorted({*prices, *co2}):
            shown = (_find(prices, day), _find(co2, day))
            rows.append((label, escape(day) or say("always"), *(format_rate(value, 2) for value in shown)))
    return _build_table(header, "::..", rows)


def _read_dates(given: float | Mapping[str, float] | None) -> dict[str, float]:
    """Read the values by the day from which each holds; where none is known, no number stands for it."""
    return dict(given) if isinstance(given, Mapping) else {"": math.nan if given is None else given}


def _find(values: Mapping[str, float], day: str) -> float | None:
    """The value that holds from a day on; none before the first."""
    begun = [value for start, value in sorted(values.items()) if start <= day]
    return begun[-1] if begun else None


def _build_limits(tags: TagList) -> str:
    header = (say("quantity"), say("tag"), say("kind"), say("low"), say("high"))
    roles = {
        "energy": say("energy"),
        "throughput": say("load"),
        "driver": say("driver"),
        "setpoint": say("set-point"),
        "state": say("state"),
    }
    rows = [
        (
            escape(say_heading(tag.column)),
            escape(tag.tag),
            roles.get(tag.role, tag.role),
            _write_limit(tag.low, tag.low_formula),
            _write_limit(tag.high, tag.high_formula),
        )
        for tag in tags.used
    ]
    table = _build_table(header, ":::..", rows)
    title = say("Limits of its tags: a reading beyond them is a finding")
    return f'::: {{.callout-note collapse="true" title="{title}"}}\n{table}\n:::'


def _write_limit(number: float | None, formula: Formula | None) -> str:
    if formula is not None:
        return write_code(f"= {formula.text}")
    return MISSING if number is None else format_plain(number)


def _build_thresholds(project: Project, settings: Settings) -> list[str]:
    header = (say("setting"), say("value"), say("what it does"))
    rows = [
        (write_code(threshold.key), write_code(threshold.value), escape(translate(threshold.meaning)) or MISSING)
        for threshold in read_thresholds(project.params, list(settings.plants))
    ]
    intro = say("From `params.yaml`; a plant's own value is shown next to its name.")
    return [f"## {say('Thresholds in force')}", intro, _build_table(header, ":::", rows)]


def _build_assumptions(assumptions: Sequence[Assumption]) -> list[str]:
    intro = say("Modelling choices that could have been made differently, with the place where each is made.")
    rows = [(escape(assumption.sentence), write_code(assumption.path)) for assumption in assumptions]
    return [f"## {say('Assumptions')}", intro, _build_table((say("choice"), say("made in")), "::", rows)]


def _build_table(header: Sequence[str], aligns: str, rows: Sequence[Sequence[str]]) -> str:
    """Build a table; `aligns` has a colon for each column of texts and a point for one of numbers."""
    marks = [":--" if sign == ":" else "--:" for sign in aligns]
    lines = "\n".join(f"| {' | '.join(cells)} |" for cells in (header, marks, *rows))
    return f"::: {{.table-scroll}}\n{lines}\n:::"
