"""The advice log: what was advised in each judged hour, by which version, and whether anybody could see it then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from elc.advise.moves import REASON, Advice, build_nothing
from elc.advise.outcomes import OUTCOMES
from elc.errors import ElcError
from elc.fields import TIME
from elc.files import replace_file
from elc.records import read_lines
from elc.records.answer import Answer

COLUMNS = [
    TIME,
    "version",
    "is_shown",
    "setpoint",
    "now",
    "to",
    "saving_gj_per_h",
    "low_gj_per_h",
    "high_gj_per_h",
    "precedents",
    REASON,
]
NOTES = ["hour", "setpoint", "answer", "why"]
TYPES = {
    TIME: "datetime64[us, UTC]",
    "version": "str",
    "is_shown": "bool",
    "setpoint": "str",
    **dict.fromkeys(("now", "to", "saving_gj_per_h", "low_gj_per_h", "high_gj_per_h"), "float64"),
    "precedents": "Int64",
    REASON: "str",
}


@dataclass(frozen=True)
class Notes:
    """What operators answered: `rows` (hour, setpoint, answer, why), and how many lines of the file were not an
    answer."""

    rows: pd.DataFrame
    unread: int


def find_logged(scored: pd.DataFrame, days: int) -> pd.DataFrame:
    """Find the hours that the log looks back on: those of the last days."""
    recent: pd.DataFrame = scored[scored[TIME] > scored[TIME].max() - pd.Timedelta(days, "D")]
    return recent


def build_log(advice: Advice, former: pd.DataFrame, *, version: str, is_deployed: bool) -> pd.DataFrame:
    """Build the log: a row for each hour and move, and one without a set-point for an hour that was judged in vain.

    Args:
        advice: of the hours that the log looks back on (see `find_logged`).
        former: the log as it was; empty where there is none.
        version: the label of the version that advises.
        is_deployed: whether that is a deployed one. Then rows stay as they were shown, whatever late data say, and only
            later hours are added; of all hours of a run the page shows the newest alone. A candidate's log is made
            anew, and nobody was shown any of it.
    """
    fresh = _build_rows(advice).assign(version=version, is_shown=False)
    if not is_deployed:
        return _order(fresh)
    fresh["is_shown"] = fresh[TIME].eq(advice.reasons[TIME].max())
    former = former[former["is_shown"] | former["version"].eq(version)]
    later = fresh if former.empty else fresh[fresh[TIME] > former[TIME].max()]
    return _order(pd.concat([former, later], ignore_index=True))


def _build_rows(advice: Advice) -> pd.DataFrame:
    judged = advice.reasons[~advice.reasons[REASON].isin(["no_gap", ""])]
    moves = advice.moves.assign(**{REASON: ""})
    names = [name for name in COLUMNS if name not in ("version", "is_shown")]
    return pd.concat([moves.reindex(columns=names), judged.reindex(columns=names)], ignore_index=True)


def _order(log: pd.DataFrame) -> pd.DataFrame:
    typed = log.fillna({"setpoint": "", REASON: ""})[COLUMNS].astype(TYPES)
    return typed.sort_values(TIME, kind="stable", ignore_index=True)


def read_log(folder: Path) -> pd.DataFrame:
    """Read `log.parquet`; no rows where there is none yet."""
    path = folder / "log.parquet"
    if not path.is_file():
        return pd.DataFrame(columns=COLUMNS).astype(TYPES)
    return pd.read_parquet(path)[COLUMNS].astype(TYPES)


def write_log(folder: Path, log: pd.DataFrame) -> None:
    """Write `log.parquet`, whole or not at all.

    It comes before the moves that it tells of: what was shown is never missing from it, wherever a run ends.
    """
    with replace_file(folder / "log.parquet") as temporary:
        log.to_parquet(temporary, index=False)


def write_outcomes(folder: Path, outcomes: pd.DataFrame) -> None:
    """Write `outcomes.parquet`, whole or not at all."""
    with replace_file(folder / "outcomes.parquet") as temporary:
        outcomes.to_parquet(temporary, index=False)


def read_outcomes(folder: Path, *, is_kept: bool = True) -> pd.DataFrame:
    """Read what came of advice; no rows where there is no file yet, or where nothing of it is kept (of a candidate)."""
    path = folder / "outcomes.parquet"
    found = pd.read_parquet(path) if is_kept and path.is_file() else pd.DataFrame(columns=list(OUTCOMES))
    return found.reindex(columns=list(OUTCOMES)).astype(OUTCOMES)


def write_advice_files(folder: Path, advice: Advice) -> None:
    """Write the last hour's `moves.parquet`, and `reasons.parquet`, why hours have none; each whole or not at all."""
    last = advice.reasons[TIME].max()
    with replace_file(folder / "reasons.parquet") as temporary:
        advice.reasons.to_parquet(temporary, index=False)
    with replace_file(folder / "moves.parquet") as temporary:
        advice.moves[advice.moves[TIME] == last].to_parquet(temporary, index=False)


def read_advice(folder: Path) -> Advice:
    """Read the moves of the last hour that was advised, and the reasons of the hours that have none; none without."""
    paths = [folder / f"{name}.parquet" for name in ("moves", "reasons")]
    if not all(path.is_file() for path in paths):
        return build_nothing()
    moves, reasons = (pd.read_parquet(path) for path in paths)
    return Advice(moves, reasons)


def read_notes(path: Path) -> Notes:
    """Read what operators answered to advice: one JSON object a line; nothing where there is no file.

    `hour` (ISO 8601, with its zone) and `setpoint` say which advice, `answer` is `followed` or `not possible`, `why` is
    free text. A line that cannot be read is counted, not guessed at: it may be half written.

    Raises:
        ElcError: the file is not UTF-8 text.
    """
    if not path.is_file():
        return Notes(build_notes([]), 0)
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise ElcError(f"{path}: not readable as UTF-8: {error}. Bring the file back, or remove it.") from None
    found = [answer for answer in read_lines(lines, Answer) if answer is not None]
    rows: list[dict[str, object]] = [
        {"hour": pd.Timestamp(one.start), **{name: getattr(one, name) for name in NOTES[1:]}} for one in found
    ]
    return Notes(build_notes(rows), len(lines) - len(rows))


def build_notes(rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    """Build the table of answers: hour, setpoint, answer, why."""
    frame = pd.DataFrame(list(rows), columns=NOTES)
    frame["hour"] = pd.to_datetime(frame["hour"], utc=True).astype("datetime64[us, UTC]")
    return frame.astype(dict.fromkeys(NOTES[1:], "str"))
