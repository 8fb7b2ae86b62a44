"""The forms in which rows come and predictions go: JSON, as ours or MLflow's, CSV and Arrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from elc.service.api import arrow
from elc.service.api.address import GAP, PREDICT
from elc.service.api.csv_rows import parse_csv, write_csv
from elc.service.api.frames import ROWS, read_frame
from elc.service.api.media import ARROW, CSV, JSON, Form
from elc.service.api.predict import build_prediction, build_table, describe
from elc.service.rows import AskedRows, parse_json
from elc.service.versions import Loaded, Scored

FORMS = {PREDICT: (JSON, CSV, ARROW), GAP: (JSON,)}  # that a request of each kind may come in, and its answer


@dataclass(frozen=True, slots=True)
class Question:
    """The content of a request, as `rows.read_rows` takes it; `answer_key` is where a JSON answer has its rows."""

    content: Any
    answer_key: str = ROWS


def parse(form: Form, body: bytes, *, shown: Loaded, answering: Loaded, max_rows: int) -> Question:
    """Read the body of a request for predictions.

    Args:
        form: of the body.
        body: of the request.
        shown: the version whose card clients see; values without names have the order of its columns.
        answering: the version that answers.
        max_rows: of one request.

    Raises:
        ProblemError: it is not as expected.
    """
    known = (*answering.features, *answering.setpoints)
    if form.media_type == ARROW:
        return Question(arrow.parse_arrow(body, known=known, max_rows=max_rows))
    if form.media_type == CSV:
        order = {"features": shown.features, "setpoints": shown.setpoints}
        return Question(parse_csv(body, has_header=form.has_header, **order, max_rows=max_rows))
    return Question(*read_frame(parse_json(body, max_rows=max_rows), known=known))


def write(form: Form, question: Question, loaded: Loaded, asked: AskedRows, scored: Scored) -> bytes:
    """Write predictions in the form that is wanted.

    Raises:
        ScoreError: the response has no finite answer.
    """
    if form.media_type == ARROW:
        return arrow.write_arrow(build_table(loaded, asked, scored), describe(loaded))
    if form.media_type == CSV:
        return write_csv(build_table(loaded, asked, scored), has_header=form.has_header)
    answer = build_prediction(loaded, asked, scored)
    if question.answer_key != ROWS:
        answer[question.answer_key] = answer.pop(ROWS)
    return orjson.dumps(answer)
