"""Energy in the plant's own unit, with the digits that its size deserves, on every page and picture."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import advise, explain, monitor, pages, settings
from elc.cli.hourly import render as render_hour
from elc.curve import build_cost
from elc.errors import ElcError
from elc.fields import ENERGY, GAP, GAP_HIGH, GAP_LOW, TIME
from elc.findings import Finding, Kind, Reason
from elc.hourly import Outcome, PlantChange
from elc.monitor.errors import Figure
from elc.pages import figures, language
from elc.paths import Project
from elc.records import parse_record
from elc.records.report import Remark, Report
from elc.records.status import Status
from elc.render.index_table import FleetPages, build_plants
from elc.render.reports import build_reports
from elc.units import read_conversion
from tests.unit.records.examples import REPORT
from tests.unit.service.page import present

ROOT = Path(__file__).resolve().parents[3]
NOW = pd.Timestamp(present.HOUR)
LOAD, AIR = present.LOAD, present.AIR
UNITS = r"(?:GJ|MWh|kWh|MWh?|kW|MMBtu|Gcal|TJ|GWh|Tcal)(?:/h|/t)?(?![A-Za-z])"
# A number that is nought, before a unit of energy, after ±, or where a bracket opens.
NOUGHT = re.compile(
    rf"(?<![\d.,])0(?:\.0+)?[\s\u00a0]{UNITS}|[±+−]0(?:\.0+)?(?![\d.])|(?<=\()0(?:\.0+)? (?=to |GJ|MW|kW|MM|Gcal)"
)
SIZES = [("GJ", 1.0), ("GJ", 5000.0), ("kWh", 1.0), ("MMBtu", 1.0)]


def scale(frame: pd.DataFrame, factor: float) -> pd.DataFrame:
    """Make a plant larger or smaller: each energy by a factor, loads as they are."""
    energies = [name for name in frame if "gj_per_h" in name]
    return frame.assign(**{name: frame[name] * factor for name in energies})


def build_state(hours: pd.DataFrame, chosen: settings.StageSettings, size: float) -> monitor.PlantState:
    hour, gap = hours.iloc[-1], float(hours[GAP].iloc[-1])
    figure = Figure("typical", "bias", "GJ/h", 0.004 * size, 0.001 * size, 0.0005 * size, -0.003 * size, 0.003 * size)
    values = {"days": 28, "bias_gj_per_h": 0.004 * size, "limit_gj_per_h": 0.003 * size, "size_gj_per_h": size}
    reason = Reason("figures", values | {"below_frac": 0.1, "most_frac": 0.2})
    health = monitor.Health("sound", (), "look", reason, ())
    return monitor.PlantState(
        hour=hour,
        state="run",
        state_since=hour[TIME],
        gap=build_cost(gap, chosen.plant, at=NOW),
        interval=monitor.Interval(float(hour[GAP_LOW]), float(hour[GAP_HIGH]), 0.8),
        day_gap_gj=24 * gap,
        month=monitor.Month(build_cost(400 * gap, chosen.plant, at=NOW), 0.02, 3 * size, 1, 400, 440, 90 * gap),
        health=health,
        no_gap_reasons=(),
        check=_build_check(figure, hours, size),
        size_gj_per_h=size,
        condition=monitor.Condition(0.01, 0.005, 0.015, NOW, 0.01 * size, gap - 0.01 * size),
    )


def _build_check(figure: Figure, hours: pd.DataFrame, size: float) -> Any:
    cusum = pd.DataFrame({TIME: hours[TIME], "cusum_gj": hours[GAP].fillna(0).cumsum(), "is_change": False})
    return type("Check", (), {"figures": [figure], "cusum": cusum, "size_gj_per_h": size})()


def list_findings(size: float) -> Iterator[Finding]:
    start = NOW.to_pydatetime()
    values: dict[str, Any] = {"size_frac": 0.01, "size_gj_per_h": 0.01 * size, "plant_gj_per_h": size, "meters": ["x"]}
    values |= {"since_first": start, "since_last": start, "is_unclear": False}
    yield Finding(Kind("relation", "plant"), "fjord", ENERGY, start, start, values)
    figure = {"name": "bias", "unit": "GJ/h", "now": 0.004 * size, "low": -0.003 * size, "high": 0.003 * size}
    yield Finding(Kind("model_typical", ""), "fjord", "", start, start, {"figures": [figure], "days": 28})
    ranks: dict[str, Any] = {"days": 28, "ndcg": 0.8, "min_ndcg": 0.9, "size_gj_per_h": size}
    ranks |= {"late_gj_per_h": 0.01 * size, "training_gj_per_h": 0.004 * size}
    yield Finding(Kind("feature_attribution_drift_check", "setpoints"), "fjord", AIR, start, start, ranks)


def list_texts(chosen: settings.StageSettings, size: float, *, is_drawn: bool) -> Iterator[str]:
    """List all that is said of a plant that takes `size` GJ/h and is 2.3 % above its best."""
    factor = size / present.BEST_NOW
    hours = scale(present.build_hours(NOW, present.GAP_NOW), factor).assign(**{LOAD: 55.0, AIR: 12.0})
    hour, state = hours.iloc[-1], build_state(hours, chosen, size)
    shares = scale(present.build_shares(present.GAP_NOW), factor).assign(**{TIME: NOW})
    yield pages.monitor.write_answer(state, chosen)
    record = pages.monitor.build_record(state, chosen, answer="", advice="", version="v1.0.0")
    yield from _list_fleet(record)
    moves = scale(present.build_moves(NOW), factor)
    given = advise.Advice(moves, pd.DataFrame({TIME: [NOW], "reason": [""]}))
    notes = advise.build_notes([])
    yield pages.advise.write_advice(given, hour, chosen, notes=notes, setpoints=[], size=size)
    outcomes = _build_outcomes(size)
    tables = [
        pages.advise.build_moves_table(moves, chosen, at=NOW, size=size),
        pages.advise.build_outcomes_table(outcomes, chosen, size=size),
        pages.monitor.build_month_table(state.month, chosen, size=size),
        pages.monitor.build_figures_table(state.check),
        pages.explain.build_causes_table(shares, size=size),
    ]
    yield from (figures.show_table(table).data for table in tables)
    yield pages.advise.write_outcome(outcomes, NOW, chosen, unread_notes=0)
    yield pages.monitor.write_health(state, "", pd.DataFrame({"check": []}), chosen)
    lasting = monitor.Lasting(
        "gap", "energy", NOW, NOW, {"gap_gj_per_h": float(hour[GAP]), "gap_frac": 0.02, "judged_h": 24}, None, size
    )
    yield from (alert.sentence for alert in pages.monitor.build_alerts([lasting], state, chosen))
    yield pages.explain.write_answer(shares, chosen, version="v1.0.0", silence=None, size=size)
    steps = explain.build_waterfall(hour, shares)
    yield pages.explain.write_waterfall(steps, shares, hour, chosen, present=NOW, size=size)
    yield from (pages.findings.say_finding(finding) for finding in list_findings(size))
    yield from _list_report(chosen, size)
    for chart in _list_charts(hours, state, shares, steps, size) if is_drawn else ():
        yield from (str(chart.table), re.sub(r"<(?!/?text)[^>]*>", "", chart.data))


def build_report(size: float) -> Report:
    """Build the report of a plant that takes `size` GJ/h: each amount of the example in proportion."""
    factor = size / REPORT["size_gj_per_h"]

    def scale_down(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: scale_down(key, one) for key, one in value.items()}
        if isinstance(value, list):
            return [scale_down(name, one) for one in value]
        is_amount = value is not None and ("gj" in name.split("_") or name in ("money", "co2_t"))
        return value * factor if is_amount else value

    return parse_record(json.dumps(scale_down("", REPORT)), Report, name="report", cure="")


def _list_report(chosen: settings.StageSettings, size: float) -> Iterator[str]:
    unit = chosen.energy_unit
    report = build_report(size).model_copy(update={"energy_unit": unit})
    assert report.advice
    advice = report.advice.model_copy(
        update={"low_gj": 0.002 * size, "saved_gj": 0.004 * size, "high_gj": 0.006 * size}
    )
    report = report.model_copy(update={"advice": advice})
    changed: dict[str, Any] = {"carrier": "gas", "before": 10.0, "after": 12.0, "day": "2026-05-04"}
    yield pages.report.write_head(report, chosen)
    yield pages.report.write_method(report, chosen)
    yield pages.report.write_advice(report, chosen)
    yield pages.report.say_remark(Remark(name="price_changed", values=changed), chosen)
    tables = [
        pages.report.build_main_table(report, chosen),
        pages.report.build_savings_table(report, chosen),
        pages.report.build_months_table(report),
        pages.report.build_carriers_table(report, chosen),
        pages.report.build_bookings_table(report),
    ]
    yield from (figures.show_table(table).data for table in tables)
    yield " ".join(build_reports([report], [], "EUR", unit))


def _list_fleet(record: Status) -> Iterator[str]:
    fleet = FleetPages([record], {"fjord": "fjord/50_monitor.ipynb"}, {"fjord": "Fjord"}, "EUR", 0.01)
    yield build_plants([record], fleet, "€")
    yield render_hour(Outcome("prod", (PlantChange("fjord", None, None, 1, 0, record, ()),), True, ()))


def _build_outcomes(size: float) -> pd.DataFrame:
    """Build a case that was followed, and saved 0.4 % of what the plant takes."""
    rows = present.build_outcomes(NOW - pd.Timedelta("1D")).astype({"answer": "str"})
    saved = {"saving_gj_per_h": 0.004, "realised_gj_per_h": 0.004, "low_gj_per_h": 0.002, "high_gj_per_h": 0.006}
    saved |= {"realised_low_gj_per_h": 0.002, "realised_high_gj_per_h": 0.006}
    moved = {"outcome": "followed", "now": 3.0, "to": 2.0, "held_h": 4.0}
    return rows.assign(**moved, **{name: part * size for name, part in saved.items()})


def _list_charts(
    hours: pd.DataFrame, state: monitor.PlantState, shares: pd.DataFrame, steps: pd.DataFrame, size: float
) -> Iterator[figures.Chart]:
    yield figures.plot_gaps(hours, 7, 0.01, "UTC", size=size)
    yield figures.plot_cusum(state.check.cusum, "UTC")  # type: ignore[union-attr]
    yield figures.plot_waterfall(steps, size=size)
    yield figures.plot_shares(explain.rank_causes(shares), "setpoint", size=size)
    loads = np.linspace(40, 60, 20)
    level = size / 55.0
    lines = pd.DataFrame({"load": loads, "best": level, "best_low": 0.99 * level, "best_high": 1.01 * level})
    now = pd.Series(
        {"load": 55.0, "sec": 1.02 * level, "best": level, "gap_low": 0.01 * level, "gap_high": 0.03 * level}
    )
    points = pd.DataFrame({"load": loads, "sec": 1.01 * level})
    yield figures.plot_curve(LOAD, points, lines.assign(typical=1.01 * level), now)


@pytest.fixture
def chosen() -> settings.StageSettings:
    found = settings.read_plant(Project(ROOT), "fjord")
    return replace(found, site=settings.SiteSettings())


@pytest.mark.parametrize(("unit", "size"), SIZES)
def test_no_energy_of_any_plant_reads_as_nought(unit: Any, size: float, chosen: settings.StageSettings) -> None:
    chosen = replace(chosen, plant=chosen.plant.model_copy(update={"energy_unit": unit}))
    pages.speech.speak_of(chosen, drivers=[LOAD, AIR])
    texts = list(list_texts(chosen, size, is_drawn=unit != "MMBtu"))  # drawing takes seconds
    found = {f"{match[0]!r} in {text[:200]}" for text in texts for match in NOUGHT.finditer(text)}
    assert not found
    whole = " ".join(texts)
    assert language.get_unit().rate in whole
    assert unit == "GJ" or not re.findall(r"\bGJ", whole)


def test_nought_is_seen_where_it_stands() -> None:
    for text in ("(0.0 GJ/h)", "0.0 TJ", "limit ±0.0", "5.9 % (0 GJ/h)", "saved 0.00 GJ (0.00 to 0.00)", "0 kW"):
        assert NOUGHT.search(text), text
    for text in ("10.0 GJ/h", "0.0012 GJ/h", "±0.003", "0 to 3", "v1.0.0"):
        assert not NOUGHT.search(text), text


def test_units_are_those_of_tag_lists() -> None:
    for sign, unit in language.UNITS.items():
        assert read_conversion(sign, "GJ") == pytest.approx((unit.gj, 0.0))


def test_energy_is_converted_with_the_digits_of_its_unit() -> None:
    language.choose_plant("kWh")
    assert language.format_energy(0.0036 * 277.84, size=1.0) == "277.8"
    assert language.format_energies(0.01, 0.005, 0.015, size=1.0) == ["2.8", "1.4", "4.2"]
    assert language.sign_level("water_m3_per_h") == "kWh/m³"
    language.choose_plant("MWh")
    assert language.format_short_energy(36.0, size=1000.0) == "10"
    assert language.sign_level("net_output_mw") == "MWh/MWh"
    assert language.choose_sum(3600.0 * 1.5) == (3600.0, "GWh")
    assert language.choose_sum(3.6) == (3.6, "MWh")


@pytest.mark.parametrize(
    ("drivers", "here", "same"),
    [
        ([LOAD, AIR, "feed_pressure_bar"], "at this load and weather", "load, weather and feed"),
        ([LOAD, "wet_bulb_degc"], "at this load and weather", "load and weather"),
        ([LOAD], "at this load", "load"),
        ([LOAD, "since_turnaround_days"], "at this load", "load"),
        ([LOAD, "suction_pressure_bar"], "under these conditions", "load and conditions"),
        ([LOAD, "feed_pressure_bar"], "under these conditions", "load and feed"),
    ],
)
def test_words_are_those_of_the_plants_own_drivers(drivers: list[str], here: str, same: str) -> None:
    language.choose_plant("GJ", drivers)
    assert language.say("runs {here}: same {conditions}") == f"runs {here}: same {same}"


def test_unit_of_a_plant_is_its_own_or_that_of_the_site(chosen: settings.StageSettings) -> None:
    site = replace(chosen, site=settings.SiteSettings(energy_unit="MWh"))
    assert chosen.energy_unit == "GJ"
    assert site.energy_unit == "MWh"
    assert replace(site, plant=site.plant.model_copy(update={"energy_unit": "Gcal"})).energy_unit == "Gcal"


def test_fleet_of_several_units_says_each(chosen: settings.StageSettings) -> None:
    records = []
    for unit in ("GJ", "MWh"):
        language.choose_plant(unit)  # type: ignore[arg-type]
        hours = present.build_hours(NOW, present.GAP_NOW)
        state = build_state(hours, chosen, present.BEST_NOW)
        records.append(pages.monitor.build_record(state, chosen, answer="", advice="", version="v1.0.0"))
    fleet = FleetPages(records, {"fjord": "fjord/50_monitor.ipynb"}, {"fjord": "Fjord"}, "EUR", 0.01)
    text = build_plants(records, fleet, "€")
    assert "26\u00a0GJ/h" in text
    assert "7.2\u00a0MW" in text
    assert "gap now, " not in text


def test_unknown_unit_of_energy_is_refused() -> None:
    text = (ROOT / "params.yaml").read_text(encoding="utf-8").replace("  energy_unit: GJ", "  energy_unit: therm")
    with pytest.raises(ElcError, match=r"energy_unit.*therm.*'GJ', 'MWh', 'kWh', 'MMBtu' or 'Gcal'"):
        settings.parse_settings(text)
