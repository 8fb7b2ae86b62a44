"""The months of a report, as a table and as a picture."""

from __future__ import annotations

import math

import pandas as pd

from elc.pages.language import MISSING, convert_energy, format_share, say
from elc.pages.report.tables import build_table, divide, write_avoided
from elc.pages.report.words import PLACES, format_period, format_production, format_sec, name_month, sec_unit
from elc.records.report import Report
from elc.records.spans import Savings, SpanSum


def build_months_table(report: Report) -> pd.DataFrame:
    """Build the table of months, and the avoided energy summed since the first that has any."""
    total, rows = 0.0, []
    for span in report.months:
        total += 0.0 if span.savings is None else span.savings.avoided.energy_gj
        rows.append(
            (
                name_month(span.name),
                format_period(span.energy_gj, report),
                format_production(span.production, report),
                format_sec(span.sec_gj, report),
                divide(span.best_gj, span, report),
                format_share(span.gap_frac, PLACES),
                write_avoided(span, report),
                MISSING if span.savings is None else format_period(total, report, is_signed=True),
            )
        )
    heads = [
        say("month"),
        say("energy, {energy_unit}"),
        say("production, {unit}", unit=report.production_unit),
        say("specific, {unit}", unit=sec_unit(report)),
        say("best, {unit}", unit=sec_unit(report)),
        say("gap"),
        say("avoided, {energy_unit}"),
        say("avoided, summed, {energy_unit}"),
    ]
    return build_table(heads, rows)


def build_months(report: Report) -> pd.DataFrame:
    """Build the specific energy of judged intervals by month in the plant's unit, for `figures.plot_months`."""
    first, last = report.whole.start, report.whole.end
    rows = [
        (
            name_month(span.name),
            convert_energy(span.judged_gj / span.judged_production),
            math.nan if span.savings is None else convert_energy(_adjust(span, span.savings)),
            convert_energy(span.best_gj / span.judged_production),
            first <= span.start < last,
        )
        if span.judged_production > 0
        else (name_month(span.name), math.nan, math.nan, math.nan, first <= span.start < last)
        for span in report.months
    ]
    return pd.DataFrame(rows, columns=["month", "actual", "baseline", "best", "is_chosen"])


def _adjust(span: SpanSum, savings: Savings) -> float:
    """The adjusted baseline per unit of production; of a month that is in part of the baseline period, none."""
    return savings.adjusted_gj / span.judged_production if savings.intervals == span.judged else math.nan
