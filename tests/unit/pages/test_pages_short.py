"""A history of few weeks: no record holds a limit or slope that rests on too little, and pages say what is missing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import dataset, evaluate, explain, findings, monitor, pages
from elc.dataset import LEAST_WEEKS
from elc.fields import BEST, ENERGY, HIGH, TIME, TYPICAL
from elc.monitor.verdict import build_health
from elc.pages.monitor.health import say_model
from elc.pages.monitor.tables import build_figures_table
from elc.records.metrics import Metrics
from tests.unit.monitor import sound

SHORT = {"nine days": 9, "five weeks": 35, "eleven weeks": 77}
LONG = {"twelve weeks": 84, "twenty weeks": 140}
CASES = [pytest.param(days, id=name) for name, days in {**SHORT, **LONG}.items()]


def build_metrics(days: int) -> Metrics:
    """The metrics of so many test hours, whose energy rises by 1 % in nine days."""
    hours = sound.build_hours(days)
    hours[ENERGY] *= 1 + 0.01 * np.arange(len(hours)) / (9 * 24)
    hours[HIGH] = 20.4 * hours[sound.LOAD]
    settings = sound.build_settings()
    settings = replace(settings, evaluate=settings.evaluate.model_copy(update={"resamples": 200}))
    line = {"line_on_load": hours[[BEST, TYPICAL]]}
    return evaluate.build_metrics(hours, sound.build_package(), references=line, settings=settings)


def find_leaves(value: Any, name: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {name: value}
    return {key: leaf for inner, one in value.items() for key, leaf in find_leaves(one, f"{name}.{inner}").items()}


@pytest.mark.parametrize("days", CASES)
def test_metrics_hold_intervals_slopes_and_loads_of_enough_weeks_alone(days: int) -> None:
    metrics = build_metrics(days)
    assert metrics.weeks == -(-days // 7)
    leaves = find_leaves(metrics.model_dump(include={"typical", "quantiles", "drift", "load_bands"}))
    judged = {name for name, leaf in leaves.items() if re.search("_(low|high)_|slope", name) and leaf is not None}
    said = pages.evaluate.build_statement(metrics) + pages.evaluate.write_drift(metrics)
    assert "CV(RMSE)" in said
    if days in LONG.values():
        assert metrics.load_bands
        assert ".drift.slope_frac_per_year" in judged
        assert metrics.findings
        assert "ASHRAE" in said
    else:
        assert (judged, metrics.load_bands, metrics.findings) == (set(), {}, [])
        assert f"it needs 12 weeks of running hours after training, and there are {metrics.weeks}." in said
        assert not re.search(r"a year|ASHRAE|beyond chance|within chance", said)
        assert set(evaluate.build_calibration(metrics)["band"]) == {"all"}
        assert evaluate.build_bands(metrics).empty


@pytest.mark.parametrize("days", CASES)
def test_models_are_held_against_limits_of_enough_weeks_alone(days: int) -> None:
    package, settings = sound.build_package(days), sound.build_settings()
    later = sound.build_hours(28, seed=2, start=sound.START + pd.Timedelta(days, "D"))
    later[ENERGY] *= 1.1  # beyond every limit that there is
    check = monitor.check_hours(later, findings.build_frame([]), package, settings)
    limits = [limit for one in check.figures for limit in (one.low, one.high) if limit is not None]
    health = build_health(check, (), settings)
    if days in LONG.values():
        assert limits
        assert health.model == "look"
    else:
        assert check.figures
        assert limits == []
        assert (check.changes, check.left_off) == ([], [])
        assert set(build_figures_table(check)["limits"]) == {"–"}
        assert health.model == "not judged"
        assert say_model(health) == (
            f"the limits of its errors need 12 weeks of running hours, and it was trained on {days // 7}"
        )


@pytest.mark.parametrize("days", CASES)
def test_rankings_are_held_against_those_of_enough_weeks_alone(days: int) -> None:
    short = explain.find_short(sound.build_package(days), sound.build_settings())
    assert (short is None) == (days in LONG.values())
    assert pages.explain.write_short(short) == (
        "" if short is None else
        f"No ranking is compared: that needs 12 weeks of running hours, and the model was trained on {days // 7}."
    )  # fmt: skip


@pytest.mark.parametrize("days", CASES)
def test_history_says_its_weeks(days: int) -> None:
    times = sound.build_hours(days)[TIME]
    assert dataset.count_weeks(times, days=dataset.WEEK_DAYS) == -(-days // 7)
    assert (-(-days // 7) >= LEAST_WEEKS) == (days in LONG.values())
