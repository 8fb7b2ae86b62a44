"""The tables of a report for whoever goes on calculating: full digits, a unit in each column's name.

Energies are in the plant's unit of energy, in the table of all plants in that of the site.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from elc.records.report import FleetReport, Report
from elc.records.spans import Amount, SpanSum
from elc.report.hours import PRODUCTION
from elc.units import read_conversion

GJ = "GJ"
_ENERGY = re.compile(r"(?<=_)gj(?=_|$)")


def build_tables(report: Report, hours: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Build the tables of a report by name; `hours` are the intervals of its period (`hours.build_hours`)."""
    spans = [("period", report.whole), ("year_to_date", report.year_to_date), ("year_before", report.year_before)]
    named = [(name, span) for name, span in spans if span is not None]
    tables = {
        "summary": _build_spans(named, report),
        "months": _build_spans([("month", span) for span in report.months], report),
        "bookings": pd.DataFrame([_rename(one.model_dump(), report) for one in report.bookings]),
        "carriers": pd.DataFrame(
            [{"carrier": one.carrier, **_flatten("", one.amount, report)} for one in report.carriers]
        ),
        "shares": pd.DataFrame([one.model_dump() for one in report.shares], columns=["name", "energy_gj"]),
        "hours": hours.rename(columns={PRODUCTION: f"production_{_read_suffix(report)}_per_h"}),
    }
    return {name: convert_energies(table, report.energy_unit) for name, table in tables.items()}


def build_fleet_tables(fleet: FleetReport, energy_unit: str) -> dict[str, pd.DataFrame]:
    """Build the table of all plants for a period, a row each, with all energies in one unit."""
    rows = [
        {"plant": one.plant, "currency": one.currency, "production_unit": one.production_unit}
        | next(iter(_list_rows([("period", one.whole)], None)))
        for one in fleet.plants
    ]
    return {"plants": convert_energies(pd.DataFrame(rows), energy_unit)}


def convert_energies(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Convert the energies of a table from GJ, and name their columns so: `gap_energy_gj` gives `gap_energy_mwh`."""
    if unit == GJ:
        return table
    gj, _ = read_conversion(unit, GJ)
    names = {str(name): _ENERGY.sub(unit.lower(), str(name)) for name in table if _ENERGY.search(str(name))}
    converted = {name: table[name].astype(float) / gj for name in names}
    return table.assign(**converted).rename(columns=names)


def _build_spans(spans: Iterable[tuple[str, SpanSum]], report: Report) -> pd.DataFrame:
    return pd.DataFrame(list(_list_rows(spans, report)))


def _list_rows(spans: Iterable[tuple[str, SpanSum]], report: Report | None) -> Iterator[dict[str, Any]]:
    """List the figures of spans, with savings and amounts as columns of their own."""
    for name, span in spans:
        row: dict[str, Any] = {"span": name}
        for key, value in span.model_dump(exclude={"gap", "gap_low", "gap_high", "savings"}).items():
            row[_name(key, report)] = value
        for key in ("gap", "gap_low", "gap_high"):
            row |= _flatten(f"{key}_", getattr(span, key), report)
        savings = span.savings
        for key in ("intervals", "actual_gj", "baseline_gj", "routine_gj", "non_routine_gj", "adjusted_gj"):
            row[f"savings_{key}"] = None if savings is None else getattr(savings, key)
        row |= _flatten("avoided_", None if savings is None else savings.avoided, report)
        row |= _flatten("avoided_error_", None if savings is None else savings.error, report)
        yield row


def _flatten(prefix: str, amount: Amount | None, report: Report | None) -> dict[str, float | None]:
    money = "money" if report is None else report.currency.lower()
    energy, paid, co2 = (None,) * 3 if amount is None else (amount.energy_gj, amount.money, amount.co2_t)
    return {f"{prefix}energy_gj": energy, f"{prefix}{money}": paid, f"{prefix}co2_t": co2}


def _rename(row: dict[str, Any], report: Report) -> dict[str, Any]:
    return {_name(key, report): value for key, value in row.items()}


def _name(key: str, report: Report | None) -> str:
    """Name a figure's column with its unit."""
    if report is None:
        return key
    unit = _read_suffix(report)
    names = {"production": f"production_{unit}", "judged_production": f"judged_production_{unit}"}
    return names.get(key, f"sec_gj_per_{unit}" if key == "sec_gj" else key)


def _read_suffix(report: Report) -> str:
    return report.production_unit.lower().replace("³", "3")
