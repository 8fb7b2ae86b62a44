"""Find what has lasted long enough to be told: a function of the data alone, so that every run finds the same."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from elc.curve import find_named, find_size, sum_costs
from elc.fields import BEST, CONDITION_PART, ENERGY, GAP, RUNNING, STATE, TIME
from elc.findings import Finding, list_findings
from elc.monitor.status import PlantState
from elc.monitor.verdict import FAILED
from elc.records.alerts import UNJUDGED
from elc.settings import StageSettings

STOPS = ("trip", "start")


@dataclass(frozen=True)
class Lasting:
    """One thing that is so at the last interval and has lasted: what an alert is made of, without its sentence.

    `kind`, `subject`, `since`, `last` and `values` are as in `records.alerts.Alert`; `finding` is that of a violation,
    and `size_gj_per_h` what the plant takes, of a gap (see `curve.find_size`).
    """

    kind: str
    subject: str
    since: pd.Timestamp | None
    last: pd.Timestamp | None
    values: dict[str, float] = field(default_factory=dict)
    finding: Finding | None = None
    size_gj_per_h: float = float("nan")


def find_lasting(scored: pd.DataFrame, status: PlantState, settings: StageSettings) -> list[Lasting]:
    """Find what is open at the last interval of scored hours (see `curve.score_hours`) and has lasted.

    - gap: above `max_gap_frac` for `gap_h` judged hours in a row, without a named condition of the plant. Intervals
      that are not judged count nothing and end nothing, unless they go on for longer than `gap_h`; a stop ends it.
    - energy: no reading of energy for `violation_h`, though the plant is not known to be down.
    - not judged: no gap for `violation_h` of running with known energy.
    - violation: a finding of monitor that has lasted `violation_h` and reaches into the last interval.
    - failed: monitor cannot judge the plant.
    """
    hours = scored.sort_values(TIME, ignore_index=True)
    found: list[Lasting | None] = []
    if len(hours):
        found = [_find_gap(hours, settings), _find_energy(hours, settings), _find_unjudged(hours, settings)]
    found += [] if status.check is None else _find_violations(hours, status.check.findings, settings)
    found.append(_find_failure(hours, settings) if status.verdict.status == FAILED else None)
    return [one for one in found if one is not None]


def _find_width(settings: StageSettings) -> pd.Timedelta:
    return settings.plant.interval_length


def _count(hours: float, settings: StageSettings) -> int:
    return max(math.ceil(pd.Timedelta(hours, "h") / _find_width(settings)), 1)


def _find_gap(hours: pd.DataFrame, settings: StageSettings) -> Lasting | None:
    needed = _count(settings.alerts.gap_h, settings)
    condition = find_named(hours) * hours[BEST]
    gap = hours[GAP] - condition
    spell = hours.assign(**{GAP: gap, CONDITION_PART: condition})
    spell = spell.iloc[_find_spell_start(hours, gap / hours[BEST], needed, settings) :]
    spell = spell[spell[GAP].notna()]
    if len(spell) < needed:
        return None
    width_h = _find_width(settings) / pd.Timedelta("1h")
    cost = sum_costs(spell[GAP] * width_h, spell[TIME], settings.plant)
    since, last = spell[TIME].iloc[0], spell[TIME].iloc[-1] + _find_width(settings)
    values = {
        "gap_gj_per_h": float(spell[GAP].mean()),
        "gap_frac": float(spell[GAP].sum() / spell[BEST].sum()),
        **({"condition_gj_per_h": float(spell[CONDITION_PART].mean())} if spell[CONDITION_PART].any() else {}),
        "judged_h": len(spell) * width_h,
        **({} if math.isnan(cost.money) else {"money": cost.money}),
        **({} if math.isnan(cost.co2_t) else {"co2_t": cost.co2_t}),
    }
    return Lasting("gap", "energy", since, last, values, size_gj_per_h=find_size(hours))


def _find_spell_start(hours: pd.DataFrame, gap_frac: pd.Series, needed: int, settings: StageSettings) -> int:
    """Find where the last spell above the limit begins: after the last interval that ends one."""
    is_judged = gap_frac.notna()
    is_below = is_judged & ~(gap_frac > settings.alerts.max_gap_frac)
    silence = is_judged.cumsum()
    # ASSUME: a plant that was not judged for longer than it takes to tell a gap may have closed it meanwhile.
    is_long = ~is_judged & (~is_judged).groupby(silence).transform("sum").gt(needed)
    is_end = is_below | is_long | hours[STATE].isin(STOPS)
    is_jump = hours[TIME].diff() > (needed + 1) * _find_width(settings)  # intervals that the table does not hold
    ends = [int(place) + 1 for place in hours.index[is_end]]
    jumps = [int(place) for place in hours.index[is_jump]]
    return max([0, *ends[-1:], *jumps[-1:]])


def _find_later(hours: pd.DataFrame, column: str) -> pd.DataFrame:
    """Find the hours after the last one that has a value of a column; all where none has."""
    known = hours.index[hours[column].notna()]
    return hours.iloc[int(known[-1]) + 1 if len(known) else 0 :]


def _find_energy(hours: pd.DataFrame, settings: StageSettings) -> Lasting | None:
    silent = _find_later(hours, ENERGY)
    if len(silent) < _count(settings.alerts.violation_h, settings) or silent[STATE].iloc[-1] == "trip":
        return None
    return Lasting("energy", "energy", silent[TIME].iloc[0], silent[TIME].iloc[-1] + _find_width(settings))


def _find_unjudged(hours: pd.DataFrame, settings: StageSettings) -> Lasting | None:
    """One from the first running interval after the last judged one, until one is judged again.

    Intervals without energy are told by themselves; here, as ramps and stops, they count nothing and end nothing.
    """
    later = _find_later(hours, GAP)
    running = later[later[STATE].isin(RUNNING) & later[ENERGY].notna()]
    if len(running) < _count(settings.alerts.violation_h, settings):
        return None
    return Lasting(UNJUDGED, "gap", running[TIME].iloc[0], later[TIME].iloc[-1] + _find_width(settings))


def _find_violations(hours: pd.DataFrame, findings: pd.DataFrame, settings: StageSettings) -> list[Lasting]:
    """One for each check and column whose finding lasts; where there are several, the latest speaks."""
    lasting = findings[findings["end"] - findings["start"] >= pd.Timedelta(settings.alerts.violation_h, "h")]
    if len(hours):
        lasting = lasting[lasting["end"] > hours[TIME].iloc[-1]]
    found = []
    for (check, column), rows in lasting.groupby(["check", "column"], sort=True):
        latest = rows.sort_values(["end", "start"]).iloc[-1]
        subject = f"{check}:{column}".removesuffix(":")
        (finding,) = list_findings(rows.loc[[latest.name]])
        found.append(Lasting("violation", subject, rows["start"].min(), latest["end"], finding=finding))
    return found


def _find_failure(hours: pd.DataFrame, settings: StageSettings) -> Lasting:
    last = hours[TIME].iloc[-1] + _find_width(settings) if len(hours) else None
    return Lasting("failed", "monitor", None, last)
