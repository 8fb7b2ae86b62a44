"""Are the training hours enough for a baseline? Rules that report, and stop nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from elc.dataset.split import Split
from elc.fields import AGE, ENERGY, TIME, format_value, read_label
from elc.findings import Finding, build_frame
from elc.settings import StageSettings, TagList

# ASSUME: the standards say what to look at; the limits in params.yaml are ours where they leave them open.
SEASONS = "ISO 50006, ASHRAE Guideline 14: the baseline period holds a full cycle of operation, a year as a rule"
COMPLETE = "ASHRAE Guideline 14: little of the period's data is missing or left out"
INSIDE = "ISO 50006, ASHRAE Guideline 14: a baseline holds within the range of its relevant variables"
VARIABLES = "Ours: ten observations a variable, a day counted as one, for hours resemble each other"
BANDS = "Ours: the curve is a guess where few hours carry it"
MONTHS = 12
AGE_REACH = 2  # times the span of ages that the training hours showed


@dataclass(frozen=True)
class Rule:
    """One rule: what was looked at in which column, what was found and what is expected, in one unit."""

    rule: str
    column: str
    found: float
    bound: str
    expected: float
    unit: str
    source: str

    @property
    def is_met(self) -> bool:
        return self.found >= self.expected if self.bound == "at least" else self.found <= self.expected


def check_sufficiency(marked: pd.DataFrame, split: Split, tags: TagList, settings: StageSettings) -> pd.DataFrame:
    """Check the training hours, and the hours with their states that they were chosen from, against every rule.

    Returns:
        rule, column, found, bound (at least, at most), expected, unit, source, is_met; one row per rule. Rules about
        missing time are left out for an export of chosen intervals.
    """
    rules = _check_period(split.train, settings)
    if settings.plant.export.is_continuous:
        rules += _check_complete(marked, split.train, tags, settings)
    rules += _check_load(split, tags, settings)
    rules += _check_inside(split, tags, settings)
    return pd.DataFrame([asdict(rule) | {"is_met": rule.is_met} for rule in rules])


def _check_period(train: pd.DataFrame, settings: StageSettings) -> list[Rule]:
    days = (_find_end(train, settings) - train[TIME].iloc[0]) / pd.Timedelta("1D")
    months = train[TIME].dt.month.nunique()
    least = settings.dataset.min_period_days
    return [
        Rule("length of the baseline period", "", days, "at least", least, "days", SEASONS),
        Rule("calendar months with training hours", "", months, "at least", MONTHS, "months", SEASONS),
    ]


def _find_end(train: pd.DataFrame, settings: StageSettings) -> pd.Timestamp:
    return pd.Timestamp(train[TIME].iloc[-1] + pd.Timedelta(settings.plant.interval))


def _check_complete(marked: pd.DataFrame, train: pd.DataFrame, tags: TagList, settings: StageSettings) -> list[Rule]:
    gate = settings.dataset
    period = marked[marked[TIME].between(train[TIME].iloc[0], train[TIME].iloc[-1])]
    known = period[[ENERGY, *tags.features]].notna().all(axis=1)
    longest = int((~known).groupby(known.cumsum()).sum().max())
    missing_h = longest * settings.plant.interval_h
    least, most = gate.min_valid_frac, gate.max_missing_h
    what = "energy, throughput and every driver known"
    return [
        Rule(f"share of the period with {what}", "", known.mean(), "at least", least, "of the time", COMPLETE),
        Rule(f"longest spell without {what}", "", missing_h, "at most", most, "h", COMPLETE),
    ]


def _check_load(split: Split, tags: TagList, settings: StageSettings) -> list[Rule]:
    gate, column, width_h = settings.dataset, tags.throughput, settings.plant.interval_h
    load = split.train[column]
    per_feature = len(load) * width_h / len(tags.features)
    spread = float(load.max() - load.min()) / split.rated_load
    edges = np.linspace(load.min(), load.max(), gate.load_bands + 1)
    hours = np.histogram(load, edges)[0] * width_h
    bands = [
        f"{format_value(low, column, with_unit=False)} to {format_value(high, column, with_unit=True)}"
        for low, high in pairwise(edges)
    ]
    least = gate.min_hours_per_feature
    return [
        Rule("training hours per relevant variable", "", per_feature, "at least", least, "h", VARIABLES),
        Rule("range of load", column, spread, "at least", gate.min_load_range_frac, "of the rated load", INSIDE),
        *(
            Rule(f"hours at a load of {band}", column, float(found), "at least", gate.min_hours_per_band, "h", BANDS)
            for band, found in zip(bands, hours, strict=True)
        ),
    ]


def _check_inside(split: Split, tags: TagList, settings: StageSettings) -> list[Rule]:
    later = pd.concat([split.valid, split.test])
    rules = []
    for column in tags.features:
        inside = later[column].between(*_find_bounds(split.train[column])).mean()
        where = "the age the curve may extend to" if column == AGE else f"the training range of {read_label(column)}"
        least = settings.dataset.min_inside_frac
        rules.append(
            Rule(f"later hours within {where}", column, float(inside), "at least", least, "of the hours", INSIDE)
        )
    return rules


def _find_bounds(values: pd.Series) -> tuple[float, float]:
    """Find the range of a feature's training values; of the age, what the curve may extend to."""
    low, high = float(values.min()), float(values.max())
    return find_age_bounds(low, high) if values.name == AGE else (low, high)


def find_age_bounds(low: float, high: float) -> tuple[float, float]:
    """Find the ages (days) that a curve may be asked for which learnt from `low` to `high`: a plant ages on."""
    # ASSUME: a straight line holds for twice as long again; its interval, which widens, says how well.
    reach = AGE_REACH * (high - low)
    return max(low - reach, 0.0), high + reach


def find_insufficient(rules: pd.DataFrame, split: Split, settings: StageSettings) -> pd.DataFrame:
    """Build one finding, over the baseline period, per rule that is not met."""
    start, end = split.train[TIME].iloc[0], _find_end(split.train, settings)
    findings = []
    for rule in rules[~rules["is_met"]].to_dict("records"):
        limit = f"expected {rule['bound']} {rule['expected']:g}"
        sentence = f"Not enough to learn from: {rule['rule']} is {rule['found']:.4g} {rule['unit']}, {limit}."
        values = {name: float(rule[name]) for name in ("found", "expected")}
        findings.append(Finding("sufficiency", sentence, settings.plant_id, rule["column"], start, end, values))
    return build_frame(findings)
