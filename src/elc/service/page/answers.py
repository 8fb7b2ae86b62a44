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

from elc import paths
from elc.fields import TIME
from elc.paths import Project
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


class Answer(BaseModel):
    """What an operator answered to a move of an hour."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    hour: str = Field(max_length=40)
    setpoint: str = Field(max_length=200)
    answer: Literal["followed", "not_possible"]
    why: str = Field(max_length=MAX_WHY)


def parse_answer(body: bytes) -> Answer:
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
        given = Answer.model_validate(content)
    except ValidationError as error:
        raise ProblemError(422, "The answer is not as expected.", [_describe(one) for one in error.errors()]) from None
    return given.model_copy(update={"why": _check_why(given)})


def _describe(error: Any) -> Fault:
    field = str(error["loc"][0]) if error["loc"] else ""
    found = "nothing" if error["type"] == "missing" else type(error["input"]).__name__
    if error["type"] in ("literal_error", "string_too_long"):
        found = repr(error["input"])[:60]
    return Fault(f"/{field}", found, EXPECTED.get(field, f"an object with {', '.join(EXPECTED)}, and nothing else"))


def _check_why(given: Answer) -> str:
    """Check the reason, in one line: no control characters, and given where a move was not possible."""
    why = " ".join(given.why.split())
    if any(unicodedata.category(sign) == "Cc" for sign in why):
        raise ProblemError(422, "The reason is not plain text.", [Fault("/why", "control characters", EXPECTED["why"])])
    if given.answer == "not_possible" and not why:
        fault = Fault("/why", "nothing", EXPECTED["why"])
        raise ProblemError(422, "Say in a word why the move is not possible.", [fault])
    return why


def keep_answer(project: Project, plant: str, given: Answer, *, client: str) -> None:
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
    known = moves.loc[moves[TIME] == present, "setpoint"].tolist()
    if given.setpoint not in known:
        fault = Fault("/setpoint", given.setpoint, f"one of {', '.join(known)}")
        raise ProblemError(422, "No move of this set-point is advised in this hour.", [fault])
    line = {"hour": _write_hour(present), "setpoint": given.setpoint, "answer": ANSWERS[given.answer], "why": given.why}
    line["by"] = client
    path = project.advice_notes(plant)
    with _WRITING:
        former = _read_former(path, line)
        if former and all(former[-1].get(name) == value for name, value in line.items()):
            return  # said already
        if len(former) >= MOST_ANSWERS:
            raise ProblemError(429, f"This move was answered {MOST_ANSWERS} times; no more is kept of one hour.")
        append_line(path, {**line, "at": _write_hour(pd.Timestamp(datetime.now(UTC)))})


def _read_former(path: Path, line: dict[str, str]) -> list[dict[str, Any]]:
    """Read the answers to the same move of the same hour, from the end of the notes."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LAST_BYTES))
            texts = file.read().splitlines()
    except FileNotFoundError:
        return []
    found = [_parse(text) for text in texts]
    return [one for one in found if all(one.get(name) == line[name] for name in ("hour", "setpoint"))]


def _parse(text: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError:  # half a line, at the start of what was read or of a process that was killed
        return {}
    return content if isinstance(content, dict) else {}


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


def append_line(path: Path, record: dict[str, str]) -> None:
    """Append one JSON line (see `paths.append_line`).

    Raises:
        ProblemError: 507, the disk is full; the file is as it was.
    """
    try:
        paths.append_line(path, record, mode=0o644)
    except OSError as error:
        if error.errno not in paths.FULL:
            raise
        raise ProblemError(507, "The answer could not be kept: the disk is full. Tell whoever runs this.") from None
