"""Are the training hours enough for a baseline? Rules that report, and stop nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from elc.dataset.split import Split
from elc.dataset.weeks import LEAST_WEEKS, WEEK_DAYS, count_weeks
from elc.fields import AGE, ENERGY, TIME
from elc.findings import Finding, Kind, build_frame
from elc.settings import StageSettings, TagList

_NEEDS = ("found", "bound", "expected", "unit")
_RULES = ("period", "months", "weeks", "known", "spell", "hours", "range", "inside", "inside_age")
LACKING = {name: Kind("sufficiency", name, _NEEDS) for name in _RULES} | {
    "band": Kind("sufficiency", "band", (*_NEEDS, "low", "high"))
}
# ASSUME: the standards say what to look at; the limits in params.yaml are ours where they leave them open.
SEASONS = "ISO 50006, ASHRAE Guideline 14: the baseline period holds a full cycle of operation, a year as a rule"
COMPLETE = "ASHRAE Guideline 14: little of the period's data is missing or left out"
INSIDE = "ISO 50006, ASHRAE Guideline 14: a baseline holds within the range of its relevant variables"
WEEKS = "Ours: networks, limits and slopes are judged by weeks, for hours of one week resemble each other"
VARIABLES = "Ours: ten observations a variable, a day counted as one, for hours resemble each other"
BANDS = "Ours: the curve is a guess where few hours carry it"
MONTHS = 12
AGE_REACH = 2  # times the span of ages that the training hours showed


@dataclass(frozen=True)
class Rule:
    """One rule: what was looked at in which column, what was found and what is expected, in one unit.

    `low` and `high` are those of the band that it is about; missing for others.
    """

    rule: str
    column: str
    found: float
    bound: str
    expected: float
    unit: str
    source: str
    low: float = float("nan")
    high: float = float("nan")

    @property
    def is_met(self) -> bool:
        return self.found >= self.expected if self.bound == "at least" else self.found <= self.expected


def check_sufficiency(marked: pd.DataFrame, split: Split, tags: TagList, settings: StageSettings) -> pd.DataFrame:
    """Check the training hours, and the hours with their states that they were chosen from, against every rule.

    Returns:
        rule (period, months, weeks, known, spell, hours, range, band, inside or inside_age), column, found, bound (at
        least, at most), expected, unit, source, low, high, is_met; one row per rule. Rules about missing time are left
        out for an export of chosen intervals.
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
        Rule("period", "", days, "at least", least, "days", SEASONS),
        Rule("months", "", months, "at least", MONTHS, "months", SEASONS),
        Rule("weeks", "", count_weeks(train[TIME], days=WEEK_DAYS), "at least", LEAST_WEEKS, "weeks", WEEKS),
    ]


def _find_end(train: pd.DataFrame, settings: StageSettings) -> pd.Timestamp:
    return pd.Timestamp(train[TIME].iloc[-1] + settings.plant.interval_length)


def _check_complete(marked: pd.DataFrame, train: pd.DataFrame, tags: TagList, settings: StageSettings) -> list[Rule]:
    gate = settings.dataset
    period = marked[marked[TIME].between(train[TIME].iloc[0], train[TIME].iloc[-1])]
    known = period[[ENERGY, *tags.features]].notna().all(axis=1)
    longest = int((~known).groupby(known.cumsum()).sum().max())
    missing_h = longest * settings.plant.interval_h
    least, most = gate.min_valid_frac, gate.max_missing_h
    return [
        Rule("known", "", known.mean(), "at least", least, "of the time", COMPLETE),
        Rule("spell", "", missing_h, "at most", most, "h", COMPLETE),
    ]


def _check_load(split: Split, tags: TagList, settings: StageSettings) -> list[Rule]:
    gate, column, width_h = settings.dataset, tags.throughput, settings.plant.interval_h
    load = split.train[column]
    per_feature = len(load) * width_h / len(tags.features)
    spread = float(load.max() - load.min()) / split.rated_load
    edges = np.linspace(load.min(), load.max(), gate.load_bands + 1)
    hours = np.histogram(load, edges)[0] * width_h
    least = gate.min_hours_per_feature
    return [
        Rule("hours", "", per_feature, "at least", least, "h", VARIABLES),
        Rule("range", column, spread, "at least", gate.min_load_range_frac, "of the rated load", INSIDE),
        *(
            Rule("band", column, float(found), "at least", gate.min_hours_per_band, "h", BANDS, float(low), float(high))
            for (low, high), found in zip(pairwise(edges), hours, strict=True)
        ),
    ]


def _check_inside(split: Split, tags: TagList, settings: StageSettings) -> list[Rule]:
    later = pd.concat([split.valid, split.test])
    rules = []
    for column in tags.features:
        inside = later[column].between(*_find_bounds(split.train[column])).mean()
        name, least = "inside_age" if column == AGE else "inside", settings.dataset.min_inside_frac
        rules.append(Rule(name, column, float(inside), "at least", least, "of the hours", INSIDE))
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
        values = {name: rule[name] for name in LACKING[rule["rule"]].needs}
        findings.append(Finding(LACKING[rule["rule"]], settings.plant_id, rule["column"], start, end, values))
    return build_frame(findings)
