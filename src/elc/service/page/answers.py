"""What an operator answers to a move: checked, and appended to the notes that advise reads."""

from __future__ import annotations

import os
import threading
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import orjson
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from elc.fields import TIME
from elc.files import FULL
from elc.paths import Project
from elc.records import append_record, read_lines
from elc.records.answer import Answer
from elc.registry import find_place
from elc.service.page.moves import ANSWERS, read_moves
from elc.service.problems import Fault, ProblemError

MAX_BYTES = 10_000
MAX_WHY = 500
MOST_ANSWERS = 20  # ASSUME: to one move of one hour; operators change their minds once or twice
LAST_BYTES = 512 * 1024  # of the notes: more than all answers to all moves of an hour
EXPECTED = {
    "hour": "the start of the present hour in ISO 8601 with its zone, such as 2026-06-20T23:00:00Z",
    "setpoint": "a set-point that is advised to move in this hour",
    "answer": "followed or not_possible",
    "why": f"a text of at most {MAX_WHY} characters; a word is enough, and not_possible needs one",
}


_WRITING = threading.Lock()  # one reads and appends at a time; each of several workers has its own


class Given(BaseModel):
    """What an operator sends: the answer to a move of an hour."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    hour: str = Field(max_length=40)
    setpoint: str = Field(max_length=200)
    answer: Literal["followed", "not_possible"]
    why: str = Field(max_length=MAX_WHY)


def parse_answer(body: bytes) -> Given:
    """Read the body of an answer.

    Raises:
        ProblemError: 413 too long, 400 no JSON, 422 with each field that is wrong.
    """
    if len(body) > MAX_BYTES:
        raise ProblemError(413, f"The answer is {len(body)} bytes long, expected at most {MAX_BYTES}.")
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProblemError(400, f"The body is no JSON: {error}.") from None
    try:
        given = Given.model_validate(content)
    except ValidationError as error:
        raise ProblemError(422, "The answer is not as expected.", [_describe(one) for one in error.errors()]) from None
    return given.model_copy(update={"why": _check_why(given)})


def _describe(error: Any) -> Fault:
    field = str(error["loc"][0]) if error["loc"] else ""
    shown = "nothing" if error["type"] == "missing" else type(error["input"]).__name__
    if error["type"] in ("literal_error", "string_too_long"):
        shown = repr(error["input"])[:60]
    return Fault(f"/{field}", shown, EXPECTED.get(field, f"an object with {', '.join(EXPECTED)}, and nothing else"))


def _check_why(given: Given) -> str:
    """Check the reason, in one line: no control characters, and given where a move was not possible."""
    why = " ".join(given.why.split())
    if any(unicodedata.category(sign) == "Cc" for sign in why):
        raise ProblemError(422, "The reason is not plain text.", [Fault("/why", "control characters", EXPECTED["why"])])
    if given.answer == "not_possible" and not why:
        fault = Fault("/why", "nothing", EXPECTED["why"])
        raise ProblemError(422, "Say in a word why the move is not possible.", [fault])
    return why


def keep_answer(project: Project, plant: str, given: Given, *, client: str) -> None:
    """Check that an answer belongs to a present move, and append it to the plant's notes; blocks.

    Raises:
        ProblemError: 409 the hour is not the one that is advised now, 422 the set-point has no move in it, 429 it was
            answered too often, 503 the advice cannot be read, 507 the disk is full.
    """
    hour = _parse_hour(given.hour)
    moves = read_moves(find_place(project, plant), plant)
    if moves is None:
        raise ProblemError(503, "The advice of this plant cannot be read now. Try again in a minute.")
    present = moves[TIME].max() if len(moves) else None
    if present is None or hour != present:
        told = "nothing is advised now" if present is None else f"the advice is of {_write_hour(present)} now"
        fault = Fault("/hour", given.hour, EXPECTED["hour"])
        raise ProblemError(409, f"This is not the hour that is advised: {told}. Read it again.", [fault])
    advised = moves.loc[moves[TIME] == present, "setpoint"].tolist()
    if given.setpoint not in advised:
        fault = Fault("/setpoint", given.setpoint, f"one of {', '.join(advised)}")
        raise ProblemError(422, "No move of this set-point is advised in this hour.", [fault])
    answer = Answer(
        hour=_write_hour(present),
        setpoint=given.setpoint,
        answer=ANSWERS[given.answer],
        why=given.why,
        by=client,
        at=_write_hour(pd.Timestamp(datetime.now(UTC))),
    )
    path = project.advice_notes(plant)
    with _WRITING:
        former = _read_former(path, answer)
        if former and former[-1].model_copy(update={"at": answer.at}) == answer:
            return  # said already
        if len(former) >= MOST_ANSWERS:
            raise ProblemError(429, f"This move was answered {MOST_ANSWERS} times; no more is kept of one hour.")
        append_answer(path, answer)


def _read_former(path: Path, answer: Answer) -> list[Answer]:
    """Read the answers to the same move of the same hour, from the end of the notes."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LAST_BYTES))
            texts = file.read().decode("ascii", "replace").splitlines()
    except FileNotFoundError:
        return []
    # Half a line may stand at the start of what was read, or be of a process that was killed.
    answers = [answered for answered in read_lines(texts, Answer) if answered is not None]
    return [answered for answered in answers if (answered.hour, answered.setpoint) == (answer.hour, answer.setpoint)]


def _parse_hour(text: str) -> pd.Timestamp:
    try:
        hour = datetime.fromisoformat(text)
        if hour.tzinfo is not None:
            return pd.Timestamp(hour).tz_convert("UTC")
    except (ValueError, OverflowError):
        pass
    raise ProblemError(422, "The hour cannot be read.", [Fault("/hour", text, EXPECTED["hour"])])


def _write_hour(time: pd.Timestamp) -> str:
    return time.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ")


def append_answer(path: Path, answer: Answer) -> None:
    """Append an answer (see `records.append_record`).

    Raises:
        ProblemError: 507, the disk is full; the file is as it was.
    """
    try:
        append_record(path, answer)
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise ProblemError(507, "The answer could not be kept: the disk is full. Tell whoever runs this.") from None
