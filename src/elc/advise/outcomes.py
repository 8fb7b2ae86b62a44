"""What came of advice: followed or not, and what energy did where it was.

What a move saved is estimated like with like (see `realised`). That the crew would not have moved by itself nobody can
tell.
"""

from __future__ import annotations

from statistics import NormalDist

import pandas as pd

from elc.advise.episodes import OPEN, Episode, find_episodes
from elc.advise.realised import REACH, Judged, Step
from elc.curve import Package
from elc.fields import TIME
from elc.settings import AdviseSettings

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
    "placebo_gj_per_h": "float64",
    "answer": "str",
    "why": "str",
}
REALISED = ["realised_gj_per_h", "realised_low_gj_per_h", "realised_high_gj_per_h", "placebo_gj_per_h"]


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

    Set-points moved within `judged_h` of each other were moved in one `step` (-1: not moved): its realised saving (see
    `realised.Judged`), with its interval and the placebo, stands with each of them and counts once. It is missing where
    fewer than half of the `judged_h` hours before or after were judged.

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
    # Habits and what is unexplained are those of the days before as well.
    looked_at = scored[~(scored[TIME] <= begins - pd.Timedelta(settings.log_days, "D"))]
    hours = looked_at.sort_values(TIME, ignore_index=True)
    cases = find_episodes(log, hours, settings, closed=closed)
    table = pd.DataFrame([_describe(case) for case in cases], columns=list(OUTCOMES)).astype(OUTCOMES)
    table["step"] = _find_steps(table["moved_at"], settings, first=int(closed["step"].max()) + 1 if len(closed) else 0)
    _add_realised(table, hours, package, settings, closed)
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


def _add_realised(
    table: pd.DataFrame, hours: pd.DataFrame, package: Package, settings: AdviseSettings, closed: pd.DataFrame
) -> None:
    """Add what each step saved, with its interval and its placebo, to the cases of the step."""
    made = {number: _read_step(rows, package) for number, rows in table[table["step"] >= 0].groupby("step")}
    if not made:
        return
    earlier = [_read_step(rows, package) for _, rows in closed[closed["step"] >= 0].groupby("step")]
    judged = Judged(hours, package, settings.judged_h)
    width = NormalDist().inv_cdf(0.5 + settings.interval_frac / 2)
    for number, step in made.items():
        saved = judged.judge(step, [*earlier, *made.values()])
        reach = width * saved.error
        numbers = [saved.mean, saved.mean - reach, saved.mean + reach, saved.placebo]
        table.loc[table["step"] == number, REALISED] = numbers


def _read_step(rows: pd.DataFrame, package: Package) -> Step:
    names = package.setpoints
    places = tuple(names.index(name) for name in dict.fromkeys(rows["setpoint"]) if name in names)
    return Step(rows["moved_at"].min(), rows["moved_at"].max(), places)


def _add_answers(table: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """Add the last answer that operators gave to each case."""
    for _, note in notes.iterrows():
        is_meant = table["setpoint"].eq(note["setpoint"]) & (table["start"] <= note["hour"])
        table.loc[is_meant & (table["end"] >= note["hour"]), ["answer", "why"]] = [note["answer"], note["why"]]
    return table
