"""The tables of a report."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from elc.fields import read_currency
from elc.pages.amounts import write_co2, write_money
from elc.pages.labels import name_column
from elc.pages.language import (
    MISSING,
    format_co2,
    format_money,
    format_number,
    format_share,
    get_unit,
    say,
    say_state,
)
from elc.pages.report.words import (
    PLACES,
    format_period,
    format_production,
    format_sec,
    name_period,
    say_check,
    say_named,
    sec_unit,
    write_production,
)
from elc.records.report import Report
from elc.records.spans import Amount, SpanSum
from elc.settings import StageSettings

SHOWN_FINDINGS = 8
LEAST_WHOLE = 10.0  # of money: less is shown with its hundredths


def build_main_table(report: Report, settings: StageSettings) -> pd.DataFrame:
    """Build the table of the period, the year to date and the same period a year before, side by side."""
    spans = [report.whole, report.year_to_date, *([report.year_before] if report.year_before else [])]
    year = say("{year} to date", year=report.year_to_date.name)
    heads = [name_period(report.period), year, *([name_period(report.year_before.name)] if report.year_before else [])]
    unit = sec_unit(report)
    rows = {
        say("Energy, {energy_unit}"): [format_period(one.energy_gj, report) for one in spans],
        say("Production"): [write_production(one.production, report) for one in spans],
        say("Specific energy (EnPI), {unit}", unit=unit): [format_sec(one.sec_gj, report) for one in spans],
        say("– while judged"): [divide(one.judged_gj, one, report) for one in spans],
        say("– best under its conditions"): [divide(one.best_gj, one, report) for one in spans],
        say("– typical under its conditions"): [divide(one.typical_gj, one, report) for one in spans],
        say("Energy above best, {energy_unit}"): [
            format_period(None if one.gap is None else one.gap.energy_gj, report) for one in spans
        ],
        say("– from, to"): [write_ends(one, report) for one in spans],
        say("– share of best"): [format_share(one.gap_frac, PLACES) for one in spans],
        say("– cost"): [_write_money(one.gap, settings) for one in spans],
        say("– CO₂"): [_write_co2(one.gap) for one in spans],
        say("Avoided energy, {energy_unit}"): [
            MISSING if one.savings is None else format_period(one.savings.avoided.energy_gj, report, is_signed=True)
            for one in spans
        ],
        say("– its uncertainty"): [
            MISSING if one.savings is None else f"± {format_period(one.savings.error.energy_gj, report)}"
            for one in spans
        ],
        say("– share of the adjusted baseline"): [
            MISSING if one.savings is None else format_share(one.savings.frac, PLACES + 1) for one in spans
        ],
        say("Intervals judged"): [
            say("{judged} of {count}", judged=format_number(one.judged, 0), count=format_number(one.intervals, 0))
            for one in spans
        ],
    }
    return build_table([say("figure"), *heads], [(name, *cells) for name, cells in rows.items()])


def build_table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 1) -> pd.DataFrame:
    """Build a table whose first columns are texts, and the others numbers, as `figures.show_table` sets them."""
    table = pd.DataFrame(rows, columns=list(heads))
    table.attrs["numbers"] = list(heads)[texts:]
    return table


def divide(energy_gj: float, span: SpanSum, report: Report) -> str:
    """Write an energy of judged intervals per unit of their production; a dash where they made nothing."""
    return format_sec(energy_gj / span.judged_production, report) if span.judged_production > 0 else MISSING


def write_gap(span: SpanSum, report: Report) -> str:
    """Write the energy above best of a span with its interval, without its unit; a dash where there is none."""
    if span.gap is None:
        return MISSING
    shown = format_period(span.gap.energy_gj, report)
    if span.gap_low is None or span.gap_high is None:
        return shown
    low, high = (format_period(end.energy_gj, report) for end in (span.gap_low, span.gap_high))
    return say("{value} ({low} to {high})", value=shown, low=low, high=high)


def write_ends(span: SpanSum, report: Report) -> str:
    """Write between what the energy above best of a span lies, without its unit; a dash where that is not known."""
    if span.gap_low is None or span.gap_high is None:
        return MISSING
    low, high = (format_period(end.energy_gj, report) for end in (span.gap_low, span.gap_high))
    return say("{low} to {high}", low=low, high=high)


def _write_money(amount: Amount | None, settings: StageSettings) -> str:
    return MISSING if amount is None else write_money(_read(amount.money), settings)


def _write_co2(amount: Amount | None) -> str:
    return MISSING if amount is None else write_co2(_read(amount.co2_t))


def _read(value: float | None) -> float:
    return math.nan if value is None else value


def write_avoided(span: SpanSum, report: Report) -> str:
    """Write the avoided energy of a span with its uncertainty, without its unit; a dash where there is none."""
    if span.savings is None:
        return MISSING
    avoided, error = span.savings.avoided.energy_gj, span.savings.error.energy_gj
    return f"{format_period(avoided, report, is_signed=True)} ± {format_period(error, report)}"


def build_savings_table(report: Report, settings: StageSettings) -> pd.DataFrame:
    """Build the sum of avoided energy, term by term; no rows without a baseline."""
    savings = report.whole.savings
    heads = [say("term"), get_unit().sign]
    if savings is None:
        return build_table(heads, [])
    avoided = format_period(savings.avoided.energy_gj, report, is_signed=True)
    rows = [
        (say("Energy of as many intervals of the baseline period"), format_period(savings.baseline_gj, report)),
        (say("Routine adjustment: {conditions}"), format_period(savings.routine_gj, report, is_signed=True)),
        (
            say("Non-routine adjustment: declared events"),
            format_period(savings.non_routine_gj, report, is_signed=True),
        ),
        (say("Adjusted baseline"), format_period(savings.adjusted_gj, report)),
        (say("Actual energy of the judged intervals"), format_period(savings.actual_gj, report)),
        (say("**Avoided energy**"), f"{avoided} ± {format_period(savings.error.energy_gj, report)}"),
        (say("– money"), _pair(savings.avoided.money, savings.error.money, settings)),
        (say("– CO₂"), _pair_co2(savings.avoided.co2_t, savings.error.co2_t)),
    ]
    return build_table(heads, rows)


def _pair(value: float | None, error: float | None, settings: StageSettings) -> str:
    if value is None or error is None:
        return write_money(math.nan, settings)
    digits = 0 if max(abs(value), error) >= LEAST_WHOLE else 2
    shown = f"{format_number(value, digits, is_signed=True)} ± {format_number(error, digits)}"
    return f"{shown} {read_currency(settings.site.currency)}"


def _pair_co2(value: float | None, error: float | None) -> str:
    if value is None or error is None:
        return write_co2(math.nan)
    return f"{format_co2(value, is_signed=True)} ± {write_co2(error)}"


def build_carriers_table(report: Report, settings: StageSettings) -> pd.DataFrame:
    """Build the table of energy, money and CO₂ by carrier."""
    currency = read_currency(settings.site.currency)
    rows = [
        (
            say_named(one.carrier) + (f" ({say('exported')})" if one.is_export else ""),
            format_period(one.amount.energy_gj, report),
            format_money(one.amount.money),
            format_co2(one.amount.co2_t),
        )
        for one in report.carriers
    ]
    if len(rows) > 1:
        total = [one.amount for one in report.carriers]
        money, co2 = ([getattr(one, name) for one in total] for name in ("money", "co2_t"))
        rows.append(
            (
                say("all"),
                format_period(sum(one.energy_gj for one in total), report),
                format_money(None if None in money else sum(money)),
                format_co2(None if None in co2 else sum(co2)),
            )
        )
    return build_table([say("carrier"), get_unit().sign, currency, "t CO₂"], rows)


def build_bookings_table(report: Report) -> pd.DataFrame:
    """Build the table of what each interval was booked as; stops and start-ups stand by themselves."""
    words = {
        "judged": say("judged"),
        "no_energy": say("energy not known"),
        "no_driver": say("load, weather or feed not known"),
        "outside": say("conditions that the curve has not seen"),
        "no_row": say("not in the data"),
    }
    rows = [
        (
            words.get(one.kind) or say_state(one.kind),
            format_number(one.intervals, 0),
            MISSING if one.kind == "no_energy" else format_period(one.energy_gj, report),
            format_production(one.production, report),
        )
        for one in report.bookings
    ]
    total = report.whole
    rows.append(
        (
            say("all"),
            format_number(total.intervals, 0),
            format_period(total.energy_gj, report),
            format_production(total.production, report),
        )
    )
    return build_table([say("booked as"), say("intervals"), get_unit().sign, report.production_unit], rows)


def build_shares(report: Report) -> pd.DataFrame:
    """Build what made the gap as mean shares of the explained intervals (GJ/h), for `figures.plot_shares`."""
    hours = report.explained * report.width_h
    rows = [(one.name, one.energy_gj / hours) for one in report.shares] if hours else []
    return pd.DataFrame(rows, columns=["setpoint", "share_gj_per_h"])


def build_findings_table(report: Report) -> pd.DataFrame:
    """Build the table of doubtful data of the period, what lasted longest first."""
    ordered = sorted(report.findings, key=lambda one: (-one.hours, one.kind, one.column))[:SHOWN_FINDINGS]
    rows = [
        (say_check(one.kind), name_column(one.column), format_number(one.times, 0), format_number(one.hours, 0))
        for one in ordered
    ]
    return build_table([say("what was found"), say("column"), say("times"), say("hours")], rows, texts=2)
