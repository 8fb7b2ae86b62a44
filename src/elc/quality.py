"""What is doubtful in an hourly table: each doubt becomes a finding, and doubtful values are set missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from elc.fields import TIME, coverage, read_label, read_unit
from elc.findings import Finding, build_frame
from elc.ingest import add_energy
from elc.settings import StageSettings, Tag, TagList

# ASSUME: a flow that shows less than nothing by up to 1 % of its span is at rest (a meter's zero).
NEGATIVE_ZERO_FRAC = 0.01
SPIKE_WINDOW = 5
SPIKE_QUANTILE = 0.9
NORMAL_QUANTILE = 1.645  # of |x| for a normal distribution at 0.9
FROZEN_RUN_QUANTILE = 0.99
FROZEN_HABIT_LIMIT = 3


def check_hourly(hourly: pd.DataFrame, tags: TagList, settings: StageSettings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Check every mapped column for gaps, values out of range, frozen spells and spikes.

    Returns:
        hourly with doubtful values missing (a meter's negative zero becomes 0), and one finding a doubt.
    """
    checked = hourly.copy()
    findings: list[Finding] = []
    running = _find_running(hourly, tags)
    for tag in tags:
        if settings.plant.export.is_continuous:
            findings += _find_gaps(checked, tag, tags.plant, settings)
        for check in (_mask_negative_zero, _mask_range, _mask_frozen, _mask_spikes):
            is_bad, value, name, sentence = check(Context(checked, tag, running, settings))
            findings += _build_findings(checked, tag, tags.plant, name, is_bad, sentence, settings)
            checked.loc[is_bad, tag.column] = value
    return add_energy(checked, tags, settings.plant.carriers), build_frame(findings)


Masked = tuple[pd.Series, float, str, str]


@dataclass(frozen=True)
class Context:
    """What a check of one column sees."""

    hourly: pd.DataFrame
    tag: Tag
    running: pd.Series
    settings: StageSettings


def summarise(hourly: pd.DataFrame, tags: TagList) -> pd.DataFrame:
    """Covered share, missing intervals and range of every mapped column."""
    rows = [
        {
            "column": tag.column,
            "tag": tag.tag,
            "role": tag.role,
            "covered": float(hourly[coverage(tag.column)].mean()),
            "missing": int(hourly[tag.column].isna().sum()),
            "low": float(hourly[tag.column].min()),
            "high": float(hourly[tag.column].max()),
        }
        for tag in tags
    ]
    return pd.DataFrame(rows)


def _find_running(hourly: pd.DataFrame, tags: TagList) -> pd.Series:
    """Hours in which a sensor should behave: at more than half of the usual highest load."""
    load = hourly[tags.throughput]
    return load > 0.5 * float(load.quantile(0.98))


def _find_gaps(hourly: pd.DataFrame, tag: Tag, plant: str, settings: StageSettings) -> list[Finding]:
    low = hourly[coverage(tag.column)] < settings.ingest.min_coverage_frac
    sentence = f"{read_label(tag.column)} ({tag.tag}) has too little good data."
    return _build_findings(hourly, tag, plant, "gap", low, sentence, settings)


def _mask_negative_zero(given: Context) -> Masked:
    values = given.hourly[given.tag.column]
    sentence = f"{read_label(given.tag.column)} ({given.tag.tag}) shows a little less than nothing at rest; taken as 0."
    if given.tag.low != 0 or given.tag.high is None:
        return pd.Series(False, index=values.index), 0.0, "negative_zero", sentence
    return (values < 0) & (values >= -NEGATIVE_ZERO_FRAC * given.tag.high), 0.0, "negative_zero", sentence


def _mask_range(given: Context) -> Masked:
    values = given.hourly[given.tag.column]
    low = -np.inf if given.tag.low is None else given.tag.low
    high = np.inf if given.tag.high is None else given.tag.high
    is_bad = (values < low) | (values > high)
    if given.tag.role in ("setpoint", "state", "driver"):
        is_bad &= given.running  # a stopped plant's temperatures and ratios are out of any range
    unit = read_unit(given.tag.column).sign
    sentence = f"{read_label(given.tag.column)} ({given.tag.tag}) is outside {low:g} to {high:g} {unit}; not used."
    return is_bad, np.nan, "range", sentence


def _mask_frozen(given: Context) -> Masked:
    """A value that does not move while the plant runs, for longer than this tag's own habit.

    The habit is the tag's own distribution of unmoved spells, so that a tag that reports on change is not accused.
    """
    values = given.hourly.loc[given.running, given.tag.column].dropna()
    values = values[values != given.tag.low]  # an anti-surge valve rests at its end for weeks
    if given.tag.column.endswith("_count"):
        values = values[:0]  # what is counted may well stay the same
    spell = (values.diff() != 0).cumsum()
    width_h = pd.Timedelta(given.settings.plant.interval) / pd.Timedelta("1h")
    lengths = values.groupby(spell).transform("size") * width_h
    habit = float(lengths.groupby(spell).first().quantile(FROZEN_RUN_QUANTILE)) if len(lengths) else 0.0
    limit = max(given.settings.ingest.frozen_h, min(habit, FROZEN_HABIT_LIMIT * given.settings.ingest.frozen_h))
    is_bad = (lengths > limit).reindex(given.hourly.index, fill_value=False)
    sentence = f"{read_label(given.tag.column)} ({given.tag.tag}) has not moved at all; not used."
    return is_bad, np.nan, "frozen", sentence


def _mask_spikes(given: Context) -> Masked:
    values = given.hourly[given.tag.column].where(given.running)
    off = (values - values.rolling(SPIKE_WINDOW, center=True).median()).abs()
    usual = float(off.quantile(SPIKE_QUANTILE)) / NORMAL_QUANTILE
    sentence = f"{read_label(given.tag.column)} ({given.tag.tag}) jumps away and back; not used."
    return (off > given.settings.ingest.spike_deviations * usual) & (usual > 0), np.nan, "spike", sentence


def _build_findings(
    hourly: pd.DataFrame,
    tag: Tag,
    plant: str,
    check: str,
    is_bad: pd.Series,
    sentence: str,
    settings: StageSettings,
) -> list[Finding]:
    """Build one finding per unbroken run of marked intervals."""
    if not is_bad.any():
        return []
    width = pd.Timedelta(settings.plant.interval)
    times = hourly.loc[is_bad, TIME]
    run = (times.diff() > width).cumsum()
    findings = []
    for _, group in times.groupby(run):
        found = hourly.loc[group.index, tag.column].dropna()
        values = {"lowest": float(found.min()), "highest": float(found.max())} if len(found) else {}
        end = group.iloc[-1] + width
        findings.append(Finding(check, sentence, plant, tag.column, group.iloc[0], end, values))
    return findings
