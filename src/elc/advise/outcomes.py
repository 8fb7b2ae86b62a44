"""What came of advice: followed or not, and how the gap changed where it was.

The gap before a move less the gap after it is what changed while it was made. What set-points that were not advised
did meanwhile is taken out, as the response tells it. That the crew would not have moved by itself nobody can tell. The
interval is what energy does between any two such spells when every move is taken out of it, on the plant's own hours.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.advise.episodes import OPEN, Episode, count_rows, find_episodes
from elc.curve import Package
from elc.fields import ENERGY, GAP, TIME
from elc.settings import AdviseSettings

Array = NDArray[np.float64]
OUTCOMES = {
    "setpoint": "str",
    "start": "datetime64[us, UTC]",
    "end": "datetime64[us, UTC]",
    "hours": "int64",
    "version": "str",
    "is_shown": "bool",
    "now": "float64",
    "to": "float64",
    "saving_gj_per_h": "float64",
    "low_gj_per_h": "float64",
    "high_gj_per_h": "float64",
    "outcome": "str",
    "moved_at": "datetime64[us, UTC]",
    "held_h": "float64",
    "done_frac": "float64",
    "step": "int64",
    "realised_gj_per_h": "float64",
    "realised_low_gj_per_h": "float64",
    "realised_high_gj_per_h": "float64",
    "answer": "str",
    "why": "str",
}
REACH = 3  # times `judged_h`: how far from a move the hours may lie that it is judged by


def build_outcomes(
    scored: pd.DataFrame,
    log: pd.DataFrame,
    notes: pd.DataFrame,
    package: Package,
    settings: AdviseSettings,
    *,
    former: pd.DataFrame,
) -> pd.DataFrame:
    """Build what came of each case of advice (see `find_episodes`), a row each (`OUTCOMES`).

    A case is open until every hour that its numbers need is in the table; then it is closed, and its row stays as it
    is, whatever late data say.

    Set-points moved within `judged_h` of each other were moved in one `step` (-1: not moved): its realised saving,
    the mean gap of `judged_h` judged hours before less that of as many after, less what other set-points did, stands
    with each of them and counts once. It is missing where fewer than half of those hours were judged.

    Args:
        scored: hours from `curve.score_hours`.
        log: see `log.build_log`.
        notes: what operators answered (see `log.read_notes`).
        package: that judges.
        settings: of advise.
        former: what this gave before; of a candidate, whose log is made anew, no rows.
    """
    closed = _keep_closed(former, log)
    begins = min(scored[TIME].max() - pd.Timedelta(settings.log_days, "D"), log[TIME].min()) if len(scored) else pd.NaT
    looked_at = scored[~(scored[TIME] <= begins - pd.Timedelta(REACH * settings.judged_h, "h"))]
    hours = looked_at.sort_values(TIME, ignore_index=True)
    cases = find_episodes(log, hours, settings, closed=closed)
    table = pd.DataFrame([_describe(case) for case in cases], columns=list(OUTCOMES)).astype(OUTCOMES)
    table["step"] = _find_steps(table["moved_at"], settings, first=int(closed["step"].max()) + 1 if len(closed) else 0)
    _add_realised(table, hours, package, settings)
    is_open = _find_open(table, cases, hours, settings)
    table["outcome"] = table["outcome"].mask(is_open, OPEN)
    whole = pd.concat([closed, _add_answers(table, notes)], ignore_index=True).astype(OUTCOMES)
    return whole.sort_values(["start", "setpoint"], kind="stable", ignore_index=True)


def _keep_closed(former: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """The cases that stay closed: shown ones, those of versions in the log, and those from before it begins."""
    is_ours = former["is_shown"] | former["version"].isin(log["version"]) | (former["start"] < log[TIME].min())
    closed: pd.DataFrame = former[former["outcome"].ne(OPEN) & is_ours]
    return closed


def _find_open(table: pd.DataFrame, cases: list[Episode], hours: pd.DataFrame, settings: AdviseSettings) -> pd.Series:
    """Which cases still lack hours: those after a move, as every move of its step, or those in which one may come.

    A set-point's cases close in time order, so that what is closed tells which hours are accounted for.
    """
    stay = pd.Timedelta(max(settings.hold_h, REACH * settings.judged_h), "h")
    due = pd.Series([case.due for case in cases], index=table.index, dtype="datetime64[us, UTC]")
    final = (table["moved_at"] + stay).fillna(due + pd.Timedelta(settings.judged_h, "h"))
    is_moved = table["step"] >= 0
    final = final.where(~is_moved, final.groupby(table["step"]).transform("max"))
    is_open = final > hours[TIME].max()
    still: pd.Series[bool] = is_open.groupby(table["setpoint"]).cummax().astype(bool)
    return still


def _describe(case: Episode) -> dict[str, object]:
    told = {name: case.advice[name] for name in ("setpoint", "version", "now", "to")}
    told |= {name: case.advice[name] for name in ("saving_gj_per_h", "low_gj_per_h", "high_gj_per_h")}
    names = ("end", "hours", "is_shown", "outcome", "moved_at", "held_h", "done_frac")
    found = {name: getattr(case, name) for name in names}
    return told | found | {"start": case.advice[TIME], "step": -1, "answer": "", "why": ""}


def _find_steps(moved_at: pd.Series, settings: AdviseSettings, *, first: int) -> pd.Series:
    """Number the moves that were made, those within `judged_h` of the one before alike; -1 where none was."""
    made = moved_at.dropna().sort_values(kind="stable")
    numbers = made.diff().gt(pd.Timedelta(settings.judged_h, "h")).cumsum() + first
    return numbers.reindex(moved_at.index).fillna(-1).astype("int64")


def _add_realised(table: pd.DataFrame, hours: pd.DataFrame, package: Package, settings: AdviseSettings) -> None:
    """Add what each step saved, with its interval, to the cases of the step."""
    rest = _build_rest(hours, package, settings)
    width = NormalDist().inv_cdf(0.5 + settings.interval_frac / 2)
    for _, rows in table[table["step"] >= 0].groupby("step"):
        saved = _find_realised(hours, rows, package, settings.judged_h)
        apart_h = (rows["moved_at"].max() - rows["moved_at"].min()) / pd.Timedelta("1h")
        reach = width * find_noise(rest, settings.judged_h, apart_h=apart_h)
        names = ["realised_gj_per_h", "realised_low_gj_per_h", "realised_high_gj_per_h"]
        table.loc[rows.index, names] = [saved, saved - reach, saved + reach]


def _find_realised(hours: pd.DataFrame, step: pd.DataFrame, package: Package, judged_h: float) -> float:
    """What the moves of one step saved, GJ/h; NaN where too few hours around them were judged."""
    reach, count = pd.Timedelta(REACH * judged_h, "h"), count_rows(pd.DatetimeIndex(hours[TIME]), judged_h)
    columns = [*package.features, *package.setpoints]
    near = hours[hours[TIME].between(step["moved_at"].min() - reach, step["moved_at"].max() + reach)]
    if not set(columns) <= set(near.columns):
        return float("nan")
    judged = near[near[GAP].notna() & near[columns].notna().all(axis=1)]
    before = judged[judged[TIME] < step["moved_at"].min()].tail(count)
    after = judged[judged[TIME] >= step["moved_at"].max()].head(count)
    if min(len(before), len(after)) < (count + 1) // 2:
        return float("nan")
    others = [column for column in package.setpoints if column not in set(step["setpoint"])]
    unmoved = after.assign(**before[others].mean())
    by_others = package.predict_response(after).mean(axis=1) - package.predict_response(unmoved).mean(axis=1)
    return float(before[GAP].mean() - after[GAP].mean() + by_others.mean())


def _build_rest(hours: pd.DataFrame, package: Package, settings: AdviseSettings) -> pd.Series:
    """Energy less the response (GJ/h) by time, of the judged hours of the last `log_days`: what nothing explains."""
    columns = [*package.features, *package.setpoints]
    if hours.empty or not set(columns) <= set(hours.columns):
        return pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC"))
    recent = hours[hours[TIME] > hours[TIME].max() - pd.Timedelta(settings.log_days, "D")]
    judged = recent[recent[GAP].notna() & recent[columns].notna().all(axis=1)]
    rest = judged[ENERGY].to_numpy(float) - package.predict_response(judged).mean(axis=1)
    return pd.Series(rest, index=pd.DatetimeIndex(judged[TIME]))


def find_noise(rest: pd.Series, judged_h: float, *, apart_h: float) -> float:
    """The standard deviation (GJ/h) of a realised saving where nothing was moved; NaN where it is not known.

    It is that of the difference between the means of two spells of `judged_h`, so many hours apart, of `rest`: energy
    less what set-points and drivers explain, by time.
    """
    count = count_rows(pd.DatetimeIndex(rest.index), judged_h)
    lag = count + count_rows(pd.DatetimeIndex(rest.index), apart_h) if apart_h else count
    means, times = rest.rolling(count).mean().to_numpy(), rest.index.to_series()
    changes = means[lag:] - means[:-lag]
    near = changes[times.diff(lag).iloc[lag:] <= pd.Timedelta(REACH * judged_h + apart_h, "h")]
    known = near[np.isfinite(near)]
    return float(np.sqrt(np.mean(known**2))) if len(known) > 1 else float("nan")


def _add_answers(table: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """Add the last answer that operators gave to each case."""
    for _, note in notes.iterrows():
        is_meant = table["setpoint"].eq(note["setpoint"]) & (table["start"] <= note["hour"])
        table.loc[is_meant & (table["end"] >= note["hour"]), ["answer", "why"]] = [note["answer"], note["why"]]
    return table
