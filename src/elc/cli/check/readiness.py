"""What a curve lacks, by the rules of ingest and dataset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from elc import dataset
from elc.errors import ElcError
from elc.fields import STATE, read_label
from elc.ingest import add_energy
from elc.pages.findings import say_findings
from elc.settings import StageSettings, Tag, TagList

# ASSUME: where the checks take out more of a tag than this, its unit or limits are wrong rather than its readings.
MASKED_FRAC = 0.1
LOOK = "Check its unit, factor, low and high in the tag list."
LEARNT = ("energy", "throughput", "driver")


@dataclass(frozen=True)
class Readiness:
    """Sentences on what is missing for a curve and on what weakens it; and the data that the curve would learn from.

    `steady` counts intervals, `states` (intervals by plant state) is empty where they are not known. Both are those
    of the tags that have values, as if the others were not listed.
    """

    missing: list[str]
    weak: list[str]
    steady: int
    states: pd.Series


def find_readiness(
    hourly: pd.DataFrame, checked: pd.DataFrame, tags: TagList, present: TagList, settings: StageSettings
) -> Readiness:
    """Find whether a curve can be built from the hourly table of the tags that are present, as read and as checked."""
    past = dataset.drop_after(checked, settings.plant.train_until) if len(checked) else checked
    if len(checked) and not len(past):
        late = f"The export has no reading before {settings.plant.train_until} (train_until)."
        return Readiness([*_find_absent(present, tags), late], [*_find_unlimited(tags)], 0, pd.Series(dtype=int))
    filled = TagList(tags.plant, tuple(tag for tag in present.used if past[tag.column].notna().any()))
    empty = [tag for tag in present.used if tag not in filled.tags]
    sentences = {tag: _explain_empty(tag, hourly.loc[past.index, tag.column]) for tag in empty}
    missing = [*_find_absent(present, tags), *(sentences[tag] for tag in empty if tag.role in LEARNT)]
    weak = [
        *_find_masked(hourly.loc[past.index], past, filled),
        *(sentences[tag] for tag in empty if tag.role not in LEARNT),
        *_find_unlimited(tags),
    ]
    if not filled.columns("throughput") or not filled.columns("energy"):
        return Readiness(missing, weak, 0, pd.Series(dtype=int))
    past = add_energy(past, filled, settings.plant.carriers)
    marked = dataset.mark_states(past, filled.throughput, dataset.find_rated_load(past, filled.throughput), settings)
    steady = dataset.drop_unsteady(marked, filled)
    weak = [*_find_lost(past, filled), *weak]
    try:
        split = _build_split(marked, steady, filled, settings)
        weak += _find_doubts(marked, split, filled, settings)
    except ElcError as error:
        missing += _read_faults(error, tags.plant)
    return Readiness(missing, weak, len(steady), marked[STATE].value_counts())


def _find_absent(present: TagList, tags: TagList) -> Iterator[str]:
    there = {tag.tag for tag in present.tags}
    absent = [tag.tag for tag in tags.read if tag.tag not in there]
    if absent:
        yield (
            f"{_count(len(absent), 'tag')} of the list, not in the export: {', '.join(absent)}. "
            "Correct the name, add it to the export, or set its role to ignore."
        )


def _explain_empty(tag: Tag, values: pd.Series) -> str:
    if tag.is_computed:
        return (
            f"The {_name(tag)} is missing throughout: every date under turnarounds is later. Add the turnaround before."
        )
    if values.notna().any():
        return f"The checks reject every value of the {_name(tag)}. {LOOK}"
    return f"The {_name(tag)} has no interval with enough good readings."


def _find_masked(hourly: pd.DataFrame, past: pd.DataFrame, filled: TagList) -> Iterator[str]:
    for tag in filled:
        read = hourly[tag.column].notna()
        share = past.loc[read, tag.column].isna().mean()
        if share > MASKED_FRAC:
            yield f"The checks reject {share:.0%} of the {_name(tag)}. {LOOK}"


def _find_unlimited(tags: TagList) -> Iterator[str]:
    setpoints = [tag for tag in tags if tag.role == "setpoint"]
    if not setpoints:
        yield "The tag list has no set-point: a gap can be measured, but no move can be advised."
    unlimited = [tag.tag for tag in setpoints if not tag.has_limits]
    if unlimited:
        yield (
            f"{_count(len(unlimited), 'set-point')} without low and high: {', '.join(unlimited)}. Only their past "
            "range would limit advice; enter their limits in the tag list."
        )


def _find_lost(past: pd.DataFrame, filled: TagList) -> Iterator[str]:
    """Report how many intervals lack what the curve is trained on, and which tag is missing most often."""
    gaps = past[filled.columns(*LEARNT)].isna()
    lost = int(gaps.any(axis=1).sum())
    if lost:
        worst = str(gaps.sum().idxmax())
        yield (
            f"{lost / len(past):.1%} of all intervals lack energy, throughput or a driver; missing most often is "
            f"{_name(filled.find(worst))}, in {gaps[worst].sum() / lost:.0%} of these."
        )


def _build_split(marked: pd.DataFrame, steady: pd.DataFrame, filled: TagList, settings: StageSettings) -> dataset.Split:
    """Split the steady hours as the dataset stage will.

    Raises:
        ElcError: no curve can be trained on them: too few, a driver that vanished, or invalid hours.
    """
    dataset.check_drivers(marked, filled, settings)
    split = dataset.build_split(steady, dataset.find_rated_load(marked, filled.throughput), settings, marked)
    dataset.check_sound(split, filled)
    dataset.check_fixed(split, settings.plant.base.fixed_gj_per_h, filled)
    return split


def _find_doubts(marked: pd.DataFrame, split: dataset.Split, filled: TagList, settings: StageSettings) -> list[str]:
    """Name which rules of `dataset` the training hours do not meet, and what is doubtful in them."""
    rules = dataset.check_sufficiency(marked, split, filled, settings)
    insufficient = dataset.find_insufficient(rules, split, settings)
    unsound = dataset.find_unsound(marked, split, filled, settings)
    return [*say_findings(unsound), *say_findings(insufficient)]


def _read_faults(error: ElcError, plant: str) -> list[str]:
    """Read an error as sentences, one a fault, without the plant that it names."""
    first, *others = str(error).split("\n  - ")
    return others or [first.removeprefix(f"plant {plant}: ")]


def _name(tag: Tag) -> str:
    return f"{tag.role.replace('setpoint', 'set-point')} {read_label(tag.column)} ({tag.tag})"


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
