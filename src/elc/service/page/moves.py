"""The moves of the present hour, and what operators answered to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from elc.advise import OUTCOMES, read_notes
from elc.errors import ElcError
from elc.fields import TIME
from elc.pages.advise import write_outcome
from elc.pages.labels import say_label, say_sign
from elc.pages.language import say
from elc.paths import Project
from elc.service.page.files import read_table
from elc.settings import StageSettings

Content = dict[str, Any]
ANSWERS = {"followed": "followed", "not_possible": "not possible"}  # of the interface, and of the file of notes
NUMBERS = ("now", "to", "saving_gj_per_h", "low_gj_per_h", "high_gj_per_h", "near_limit")
TOTALS = ("total_gj_per_h", "total_low_gj_per_h", "total_high_gj_per_h")


def read_moves(project: Project, plant: str) -> pd.DataFrame | None:
    """Read the moves that advise left (see `elc.advise.COLUMNS`); None where they cannot be read."""
    return read_table(project.operation("advice", plant) / "moves.parquet", columns=None, since=None)


def build_moves(
    project: Project, chosen: StageSettings, start: pd.Timestamp, notes: list[str], *, answers: Path
) -> Content:
    """Build the moves of the hour that starts at `start`, with what was answered, and what came of earlier advice."""
    moves = read_moves(project, chosen.plant_id)
    if moves is None:
        notes.append(say("The advice cannot be read. Tell whoever runs the service."))
        moves = pd.DataFrame(columns=[TIME])
    present = moves[moves[TIME] == start] if len(moves) else moves
    if len(moves) and present.empty:
        notes.append(say("The advice is for another hour; it appears here once there is advice for this one."))
    outcomes = read_table(project.operation("advice", chosen.plant_id) / "outcomes.parquet", columns=None, since=None)
    outcomes = pd.DataFrame(columns=list(OUTCOMES)) if outcomes is None else outcomes
    said, unread = _read_answers(answers, notes)
    rows = [_describe(row, _find_answer(row["setpoint"], start, outcomes, said)) for _, row in present.iterrows()]
    totals = {name: float(present[name].iloc[0]) if len(present) else None for name in TOTALS}
    outcome = write_outcome(
        outcomes.reindex(columns=list(OUTCOMES)).astype(OUTCOMES), start, chosen, unread_notes=unread
    )
    precedents = int(present["precedents"].iloc[0]) if len(present) else None
    return {"moves": rows, **totals, "precedents": precedents, "outcome": outcome}


def _describe(row: pd.Series, answered: Content | None) -> Content:
    column = str(row["setpoint"])
    numbers = {name: float(row[name]) for name in NUMBERS}
    return {"setpoint": column, "label": say_label(column), "unit": say_sign(column), **numbers, "answered": answered}


def _read_answers(path: Path, notes: list[str]) -> tuple[pd.DataFrame, int]:
    try:
        found = read_notes(path)
    except (ElcError, OSError):
        notes.append(say("The answers to advice cannot be read. Tell whoever runs the service."))
        return pd.DataFrame(columns=["hour", "setpoint", "answer", "why"]), 0
    return found.rows, found.unread


def _find_answer(setpoint: str, start: pd.Timestamp, outcomes: pd.DataFrame, answers: pd.DataFrame) -> Content | None:
    """Find the last answer to a move, in this hour or an earlier one of the same case of advice."""
    cases = outcomes[outcomes["setpoint"].eq(setpoint) & (outcomes["start"] <= start) & (outcomes["end"] >= start)]
    first = cases["start"].min() if len(cases) else start
    meant = answers[answers["setpoint"].eq(setpoint) & (answers["hour"] >= first) & (answers["hour"] <= start)]
    if meant.empty:
        return None
    last = meant.iloc[-1]
    words = {said: word for word, said in ANSWERS.items()}
    answer = str(last["answer"])
    return {"answer": words.get(answer, answer), "why": str(last["why"]), "hour": last["hour"].isoformat()}
