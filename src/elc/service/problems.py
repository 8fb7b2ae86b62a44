"""What is wrong with a request, in the form of RFC 9457: a status, a sentence, and the fields that are meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Fault:
    """One field that is wrong: a JSON pointer or a column, what was found there, and what was expected."""

    field: str
    found: str
    expected: str


class ProblemError(Exception):
    """A request that gets no answer: `detail` is for who asked, so it names no path, no trace and no strange plant.

    `more` are further members of the answer, for programs.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.faults, self.headers = status, detail, tuple(faults), dict(headers or {})
        self.more = dict(more or {})


def build_problem(error: ProblemError) -> Response:
    """Build the answer `application/problem+json`: title, status, detail, and `errors` where fields are meant."""
    content: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        **error.more,
    }
    if error.faults:
        content["errors"] = [
            {"field": fault.field, "found": fault.found, "expected": fault.expected} for fault in error.faults
        ]
    return Response(orjson.dumps(content), error.status, error.headers, MEDIA_TYPE)


async def answer_problem(_: Request, error: Exception) -> Response:
    """Starlette's handler of a ProblemError."""
    assert isinstance(error, ProblemError)
    return build_problem(error)
