"""Which plant a request for a prediction or a gap is about, and what it asks: by its path, or by what goes with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qs

from starlette.requests import HTTPConnection
from starlette.types import Scope

from elc.service.clients import NO_PLANT, read_client
from elc.service.problems import ProblemError

PREDICT, GAP = "predict", "gap"
KINDS = (PREDICT, GAP)
PATH = re.compile(rf"/plants/([^/]+)/({'|'.join(KINDS)})")
INVOCATIONS = "/invocations"  # what SageMaker and MLflow ask for predictions
ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"  # the one header of ours that SageMaker passes on
MOST_FIELDS = 20  # of a query
NAME_ONE = (
    "There are several plants, so name one: /invocations?plant=..., or the header "
    "X-Amzn-SageMaker-Custom-Attributes: plant=.... GET /plants lists them."
)
NAMED_TWICE = "The query and the header X-Amzn-SageMaker-Custom-Attributes name several plants. Name one."
UNREADABLE = f"The query has more than {MOST_FIELDS} fields. Send plant alone."


def is_asked(scope: Scope) -> bool:
    """Whether a request is for a prediction or a gap."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    path = _read_path(scope)
    return path == INVOCATIONS or PATH.fullmatch(path) is not None


def find_asked(scope: Scope, plants: Sequence[str]) -> tuple[str, str]:
    """Find the plant, and which of `KINDS` is asked of it; it may be one that is not there, or not for this client.

    Raises:
        ProblemError: 400 or 404, the request names no plant, and the client may see several of `plants`, or none.
    """
    found = PATH.fullmatch(_read_path(scope))
    return (found[1], found[2]) if found else (_choose_plant(HTTPConnection(scope), plants), PREDICT)


def _read_path(scope: Scope) -> str:
    """Read the path without the prefix under which the service is offered."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _choose_plant(connection: HTTPConnection, plants: Sequence[str]) -> str:
    named = {*_read_query(connection), *_read_attributes(connection)}
    if len(named) > 1:
        raise ProblemError(400, NAMED_TWICE)
    if named:
        return named.pop()
    seen = [plant for plant in plants if read_client(connection).may_see(plant)]
    if len(seen) > 1:
        raise ProblemError(400, NAME_ONE)
    if not seen:
        raise ProblemError(404, NO_PLANT)
    return seen[0]


def _read_query(connection: HTTPConnection) -> list[str]:
    query = connection.scope.get("query_string", b"").decode("latin-1")
    try:
        return parse_qs(query, keep_blank_values=True, max_num_fields=MOST_FIELDS).get("plant", [])
    except ValueError:
        raise ProblemError(400, UNREADABLE) from None


def _read_attributes(connection: HTTPConnection) -> list[str]:
    """Read the plants of texts like `plant=fjord, trace=7`."""
    given = ",".join(connection.headers.getlist(ATTRIBUTES))
    return re.findall(r"(?:^|[\s,;])plant=([^\s,;]*)", given)
