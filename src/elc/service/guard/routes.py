"""The session of a browser: sign in with a key, look who one is, sign out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from elc.errors import ElcError
from elc.service.clients import CLIENT, LOCAL, Client
from elc.service.guard.access import Access
from elc.service.guard.book import NOBODY, is_key
from elc.service.guard.limits import read_address
from elc.service.guard.sessions import COOKIE, LASTS_S, SECURE_COOKIE, find_cookie
from elc.service.logs import LOGGER
from elc.service.problems import Fault, ProblemError

LOG = logging.getLogger(LOGGER)
MOST_BYTES = 1024
EXPECTED = 'a JSON object with the key alone: {"key": "elc_..."}'
NO_SESSIONS = "Sessions do not work now. Use a key."
NOT_ENDED = "The session could not be ended now. Try again, or have its key removed."
NO_SIGN_IN = "The body does not hold a key."


def build_routes(access: Access) -> list[Route]:
    """Build GET, POST and DELETE /session."""

    async def show(request: Request) -> Response:
        return _show(request.scope[CLIENT], access)

    async def sign_in(request: Request) -> Response:
        if access.is_open:
            return _show(LOCAL, access)
        key = _read_key(await request.body())
        identity, client = access.find_holder_of(key.encode(), read_address(request.scope.get("client")))
        request.scope[CLIENT] = client
        response = _show(client, access)
        _set_cookie(request, response, _sign(access, identity), LASTS_S)
        return response

    async def sign_out(request: Request) -> Response:
        cookie = find_cookie(request.headers.get("cookie", "").encode("latin-1"))
        if cookie is not None and not access.is_open:
            await asyncio.to_thread(_end, access, cookie)
        response = Response(status_code=204)
        _set_cookie(request, response, "", 0)
        return response

    handlers: dict[str, Callable[..., object]] = {"GET": show, "POST": sign_in, "DELETE": sign_out}
    return [Route("/session", handler, methods=[method]) for method, handler in handlers.items()]


def _show(client: Client, access: Access) -> Response:
    content = {
        "client": None if client is NOBODY else client.name,
        "rights": list(client.rights),
        "keys_needed": not access.is_open,
    }
    return Response(orjson.dumps(content), media_type="application/json")


def _sign(access: Access, identity: str) -> str:
    """Sign a session.

    Raises:
        ProblemError: 503, the secret of sessions cannot be read or made; the log says why.
    """
    try:
        return access.sessions.sign(identity)
    except ElcError as error:
        LOG.error("Nobody can sign in: %s", error)
        raise ProblemError(503, NO_SESSIONS) from None


def _end(access: Access, cookie: bytes) -> None:
    """End a session.

    Raises:
        ProblemError: 503, that cannot be kept; the log says why.
    """
    try:
        access.sessions.end(cookie)
    except ElcError as error:
        LOG.error("Nobody can sign out: %s", error)
        raise ProblemError(503, NOT_ENDED) from None


def _read_key(body: bytes) -> str:
    """Read the key from the body, which is told to nobody, not even in an error.

    Raises:
        ProblemError: 400, there is none; 401, it cannot be a key.
    """
    try:
        given = orjson.loads(body) if len(body) <= MOST_BYTES else None
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict) or set(given) != {"key"} or not isinstance(given["key"], str):
        raise ProblemError(400, NO_SIGN_IN, [Fault("/", "something else", EXPECTED)])
    key: str = given["key"].strip()
    return key if is_key(key) else ""


def _set_cookie(request: Request, response: Response, value: str, lasts_s: int) -> None:
    """Set the cookie; over TLS under the name, and with the mark, that keep it from any plain connection.

    A proxy may end TLS before us; then the origin that the browser names says https.
    """
    is_secure = request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")
    response.set_cookie(
        (SECURE_COOKIE if is_secure else COOKIE).decode(),
        value,
        max_age=lasts_s,
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="strict",
    )
