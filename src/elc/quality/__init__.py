"""What is doubtful in an hourly table: each doubt becomes a finding, and what is masked is set missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from elc.fields import coverage
from elc.findings import build_frame
from elc.ingest import add_energy, mask_derived
from elc.ingest.traces import Traces
from elc.quality.clock import find_clock
from elc.quality.drift import find_drift
from elc.quality.formulas import find_unworkable
from elc.quality.habits import keep_habits
from elc.quality.limits import find_beyond_formulas, find_clipped, find_negative_zero, find_out_of_range
from elc.quality.movement import find_frozen, find_spikes
from elc.quality.presence import find_absent, gather_coverage
from elc.quality.relation import fit_relation
from elc.quality.sheet import Doubt, Sheet, build_findings, build_sheet
from elc.quality.spells import find_mixups
from elc.quality.stamps import find_stamps
from elc.settings import IngestSettings, StageSettings, TagList

__all__ = ["check_hourly", "keep_habits", "summarise"]


def check_hourly(
    hourly: pd.DataFrame, traces: Traces, tags: TagList, settings: StageSettings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Check every mapped column: is it there, is it plausible, does it move, does it go with its related columns.

    Habits are learnt up to `plant.train_until`, so that the verdict on a past hour stays when a new day arrives; in
    operation up to that of the version in use (see `keep_habits`).

    Returns:
        hourly with the values of every check in `ingest.masks` missing (a meter's negative zero becomes 0), and one
        finding per doubt and unbroken run of intervals.
    """
    sheet = build_sheet(hourly, traces, tags, settings)
    zero = find_negative_zero(sheet)
    values = np.where(zero.marked, 0.0, sheet.values)
    findings = build_findings(sheet, zero, tags.plant, is_masked=False)
    for doubt in _find_doubts(replace(sheet, values=values), settings.ingest):
        is_masked = doubt.is_maskable and doubt.check in settings.ingest.masks
        findings += build_findings(sheet, doubt, tags.plant, is_masked=is_masked)
        if is_masked:
            values = np.where(doubt.marked, np.nan, values)
    shown = {tag.column: values[row] for row, tag in enumerate(sheet.tags)}
    checked = pd.DataFrame({name: shown.get(name, hourly[name]) for name in hourly.columns}, index=hourly.index)
    told = gather_coverage(findings, len(sheet.tags))
    return add_energy(mask_derived(checked, tags), tags, settings.plant.carriers), build_frame(told)


def _find_doubts(sheet: Sheet, settings: IngestSettings) -> list[Doubt]:
    """Run the checks in order: what a check marks, those after it do not see, masked or not."""
    absent = list(find_absent(sheet, settings))
    unworkable = find_unworkable(sheet)
    outside, spikes = find_out_of_range(sheet), find_spikes(sheet, settings)
    beyond = find_beyond_formulas(sheet, outside.marked | spikes.marked)
    relation = fit_relation(sheet, outside.marked | spikes.marked)
    # A unit mix-up can take a value out of range: it is looked for there as well.
    mixups, high = find_mixups(sheet, relation)
    sheet = _hide(sheet, outside, spikes)
    clipped = find_clipped(sheet)
    frozen = find_frozen(sheet, settings, relation.is_related)
    sheet = _hide(sheet, mixups, high, clipped, frozen)
    relation = replace(relation, distance=np.where(np.isnan(sheet.values), np.nan, relation.distance))
    shifted = (mixups, high)
    return [
        *absent,
        unworkable,
        outside,
        beyond,
        spikes,
        clipped,
        frozen,
        *shifted,
        find_drift(sheet, relation),
        find_clock(sheet, relation),
        find_stamps(sheet),
    ]


def _hide(sheet: Sheet, *doubts: Doubt) -> Sheet:
    marked = np.logical_or.reduce([doubt.marked for doubt in doubts])
    return replace(sheet, values=np.where(marked, np.nan, sheet.values))


def summarise(hourly: pd.DataFrame, tags: TagList) -> pd.DataFrame:
    """Covered share, missing intervals and range of every mapped column."""
    columns = [tag.column for tag in tags]
    values = hourly[columns]
    shown = {
        "column": columns,
        "tag": [tag.tag for tag in tags],
        "role": [tag.role for tag in tags],
        "covered": hourly[[coverage(column) for column in columns]].mean().to_numpy(),
        "missing": values.isna().sum().to_numpy(),
        "low": values.min().to_numpy(),
        "high": values.max().to_numpy(),
    }
    return pd.DataFrame(shown)
