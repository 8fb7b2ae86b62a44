"""What came of advice: followed or not, and what energy did where it was.

What a move saved is estimated like with like (see `realised`). That the crew would not have moved by itself nobody can
tell.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

from elc.advise.clock import build_times, read_times
from elc.advise.episodes import OPEN, Episode, find_episodes
from elc.advise.realised import REACH, Array, Judged, Step
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
    table = _describe(cases, log)
    table["step"] = _find_steps(table["moved_at"], settings, first=int(closed["step"].max()) + 1 if len(closed) else 0)
    table[REALISED] = _find_realised(table, hours, package, settings, closed)
    is_open = _find_open(table, cases, hours, settings)
    table["outcome"] = table["outcome"].mask(is_open, OPEN)
    whole = pd.concat([closed, _add_answers(table, notes)], ignore_index=True).astype(OUTCOMES)
    return whole.sort_values(["start", "setpoint"], kind="stable", ignore_index=True)


def _keep_closed(former: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """The cases that stay closed: shown ones, those of versions in the log, and those from before it begins."""
    is_ours = former["is_shown"] | former["version"].isin(log["version"].unique()) | (former["start"] < log[TIME].min())
    closed: pd.DataFrame = former[former["outcome"].ne(OPEN) & is_ours]
    return closed


def _find_open(table: pd.DataFrame, cases: list[Episode], hours: pd.DataFrame, settings: AdviseSettings) -> pd.Series:
    """Which cases still lack hours: those after a move, as every move of its step, or those in which one may come.

    A set-point's cases close in time order, so that what is closed tells which hours are accounted for.
    """
    stay = pd.Timedelta(max(settings.hold_h, REACH * settings.judged_h), "h")
    due = pd.Series(build_times(case.due for case in cases), index=table.index)
    final = (table["moved_at"] + stay).fillna(due + pd.Timedelta(settings.judged_h, "h"))
    is_moved = table["step"] >= 0
    final = final.where(~is_moved, final.groupby(table["step"]).transform("max"))
    is_open = final > hours[TIME].max()
    still: pd.Series[bool] = is_open.groupby(table["setpoint"]).cummax().astype(bool)
    return still


def _describe(cases: list[Episode], log: pd.DataFrame) -> pd.DataFrame:
    """Describe the cases, a row each; step, saving and answer are not known yet."""
    advice = log.iloc[[case.row for case in cases]].rename(columns={TIME: "start"})
    table = advice.reindex(columns=list(OUTCOMES)).reset_index(drop=True)
    for name in ("hours", "is_shown", "outcome", "held_h", "done_frac"):
        table[name] = [getattr(case, name) for case in cases]
    for name in ("end", "moved_at"):
        table[name] = build_times(getattr(case, name) for case in cases)
    return table.assign(step=-1, answer="", why="").astype(OUTCOMES)


def _find_steps(moved_at: pd.Series, settings: AdviseSettings, *, first: int) -> pd.Series:
    """Number the moves that were made, those within `judged_h` of the one before alike; -1 where none was."""
    made = moved_at.dropna().sort_values(kind="stable")
    numbers = made.diff().gt(pd.Timedelta(settings.judged_h, "h")).cumsum() + first
    return numbers.reindex(moved_at.index).fillna(-1).astype("int64")


def _find_realised(
    table: pd.DataFrame, hours: pd.DataFrame, package: Package, settings: AdviseSettings, closed: pd.DataFrame
) -> Array:
    """Find what the step of each case saved, with its interval and its placebo (cases, 4); NaN where none was made."""
    made, earlier = _read_steps(table, package), _read_steps(closed, package)
    found = np.full((len(table), len(REALISED)), np.nan)
    if made:
        judged = Judged(hours, package, settings.judged_h, [*earlier.values(), *made.values()])
        width = NormalDist().inv_cdf(0.5 + settings.interval_frac / 2)
        for number, step in made.items():
            saved = judged.judge(step)
            reach = width * saved.error
            found[table["step"] == number] = saved.mean, saved.mean - reach, saved.mean + reach, saved.placebo
    return found


def _read_steps(table: pd.DataFrame, package: Package) -> dict[int, Step]:
    """Read the steps in which moves of cases were made, by their numbers."""
    at, numbers = read_times(table["moved_at"]), table["step"].to_numpy()
    places = pd.Index(package.setpoints).get_indexer(pd.Index(table["setpoint"]))
    steps = {}
    for number in np.unique(numbers[numbers >= 0]).tolist():
        made, moved = at[numbers == number], np.unique(places[(numbers == number) & (places >= 0)])
        steps[number] = Step(int(made.min()), int(made.max()), tuple(moved.tolist()))
    return steps


def _add_answers(table: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """Add the last answer that operators gave to each case."""
    start, end, setpoint = read_times(table["start"]), read_times(table["end"]), table["setpoint"].to_numpy()
    answers = np.full((len(table), 2), "", object)
    columns = (notes[name] for name in ("setpoint", "answer", "why"))
    for hour, name, *answer in zip(read_times(notes["hour"]), *columns, strict=True):
        answers[(setpoint == name) & (start <= hour) & (hour <= end)] = answer
    return table.assign(answer=answers[:, 0], why=answers[:, 1])
