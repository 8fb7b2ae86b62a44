"""What decides who may ask: the keys, the sessions, the limits; who is asking; and how a browser signs in and out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from elc.errors import ElcError
from elc.paths import Project
from elc.service.clients import ALL_PLANTS, CLIENT, LOCAL, Client
from elc.service.guard.audit import AuditFile, find_audit
from elc.service.guard.callers import FAILURES_BURST, FAILURES_PER_S, Buckets, is_loopback, read_address
from elc.service.guard.keys import NOBODY, KeyFile, find_keys, is_key
from elc.service.guard.sessions import LASTS_S, Sessions, find_cookies, name_cookie
from elc.service.logs import LOGGER
from elc.service.problems import Fault, ProblemError
from elc.settings.serve import ServeSettings

LOG = logging.getLogger(LOGGER)
# They hold no plant's data.
PUBLIC = frozenset({"/", "/healthz", "/readyz", "/ping", "/session", "/words.json", "/favicon.ico"})
STATIC = "/static/"
METRICS = "/metrics"
# What proxies add; and whatever begins with x-forwarded-.
FORWARDED = frozenset(
    (b"via", b"forwarded", b"x-real-ip", b"x-client-ip", b"x-cluster-client-ip", b"true-client-ip", b"cf-connecting-ip")
)
FORWARDED_START = b"x-forwarded-"
BEARER = b"bearer "
NO_KEY = "A key is needed: send the header Authorization: Bearer elc_..., or sign in at the page. elc keys makes keys."
WRONG_KEY = "This key is not known, or no longer. elc keys rotate gives another one."
OVER = "This session is over, or its key was removed. Sign in again."
TOO_MANY = "There were too many wrong keys from this address."
PROXIED = "The service is asked through a proxy, and has no keys. Make one by elc keys add."
MOST_BYTES = 1024
EXPECTED = 'a JSON object with the key alone: {"key": "elc_..."}'
NO_SESSIONS = "Sessions do not work now. Use a key."
NOT_ENDED = "The session could not be ended now. Try again, or have its key removed."
NO_SIGN_IN = "The body does not hold a key."
NOT_ALL = "What the service measures names every plant: this needs a key with --all-plants."


@dataclass(frozen=True)
class Access:
    """What every worker of a service opens once; `failures` counts wrong keys by address."""

    settings: ServeSettings
    keys: KeyFile
    sessions: Sessions
    audit: AuditFile
    requests: Buckets
    failures: Buckets

    @property
    def is_open(self) -> bool:
        """Whether this machine's own users need no key: nobody else can reach the service, and there are no keys."""
        return self.settings.is_local and not self.keys.is_needed

    def identify(self, path: str, headers: dict[bytes, bytes], address: str) -> Client:
        """Find who asks, by a key or by a session.

        Raises:
            ProblemError: 401 without a good one, 429 after too many wrong ones. A right key is always taken, so that
                nobody can lock out another at the same address.
        """
        if self.is_open:
            if not is_loopback(address) or _is_forwarded(headers):
                raise ProblemError(403, PROXIED)
            return LOCAL
        if path in PUBLIC or path.startswith(STATIC):
            return self._find_session(headers) or NOBODY
        client = self._find_client(headers, address)
        if path == METRICS and client.plants != (ALL_PLANTS,):
            raise ProblemError(403, NOT_ALL)
        return client

    def _find_client(self, headers: dict[bytes, bytes], address: str) -> Client:
        header = headers.get(b"authorization")
        if header is not None:
            return self.find_holder_of(header[len(BEARER) :].strip() if _is_bearer(header) else b"", address)[1]
        if not find_cookies(headers.get(b"cookie", b"")):
            raise ProblemError(401, NO_KEY, headers={"WWW-Authenticate": "Bearer"})
        client = self._find_session(headers)
        if client is None:
            raise ProblemError(401, OVER, headers={"WWW-Authenticate": "Bearer"})
        return client

    def find_holder_of(self, key: bytes, address: str) -> tuple[str, Client]:
        """Find the id of a key and who holds it.

        Raises:
            ProblemError: 401, or 429 after too many wrong keys of this address.
        """
        holder = self.keys.find(key)
        if holder is not None:
            return holder.id, holder.client
        wait = self.failures.take(address)
        if wait:
            raise ProblemError(429, TOO_MANY, headers={"Retry-After": str(int(wait) + 1)})
        raise ProblemError(401, WRONG_KEY, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})

    def _find_session(self, headers: dict[bytes, bytes]) -> Client | None:
        for cookie in find_cookies(headers.get(b"cookie", b"")):
            identity = self.sessions.read(cookie)
            holder = None if identity is None else self.keys.find_id(identity)
            if holder is not None:
                return holder.client
        return None


def open_access(project: Project, settings: ServeSettings, *, log: logging.Logger) -> Access:
    """Open what decides who may ask.

    Raises:
        ElcError: the keys cannot be read.
    """
    path = find_keys(project)
    return Access(
        settings=settings,
        keys=KeyFile(path, log),
        sessions=Sessions(path.with_name("session")),
        audit=AuditFile(find_audit(project), log),
        requests=Buckets(rate=settings.limits.requests_per_s, burst=settings.limits.burst),
        failures=Buckets(rate=FAILURES_PER_S, burst=FAILURES_BURST),
    )


def _is_forwarded(headers: dict[bytes, bytes]) -> bool:
    """Whether a proxy passed a request on, so that who connects is not who asks."""
    return not FORWARDED.isdisjoint(headers) or any(name.startswith(FORWARDED_START) for name in headers)


def _is_bearer(header: bytes) -> bool:
    return header[: len(BEARER)].lower() == BEARER


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
        with _need_sessions("Nobody can sign in", NO_SESSIONS):
            cookie = access.sessions.sign(identity)
        response = _show(client, access)
        _set_cookie(request, response, cookie, LASTS_S)
        return response

    async def sign_out(request: Request) -> Response:
        cookies = find_cookies(request.headers.get("cookie", "").encode("latin-1"))
        if cookies and not access.is_open:
            with _need_sessions("Nobody can sign out", NOT_ENDED):
                for cookie in cookies:
                    await asyncio.to_thread(access.sessions.end, cookie)
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


@contextmanager
def _need_sessions(said: str, refusal: str) -> Iterator[None]:
    """Refuse by 503 where what sessions stand on cannot be read or written; the log says why."""
    try:
        yield
    except ElcError as error:
        LOG.error("%s: %s", said, error)
        raise ProblemError(503, refusal) from None


def _read_key(body: bytes) -> str:
    """Read the key from the body, which is told to nobody, not even in an error.

    Raises:
        ProblemError: 400, there is none.
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

    A proxy may end TLS before us; then the origin that the browser names says https. Below a prefix the cookie is sent
    there alone: not to what else the host serves, and two services of one host keep a session each.
    """
    is_secure = request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")
    prefix = request.scope.get("root_path", "")
    response.set_cookie(
        name_cookie(is_secure=is_secure, is_whole_host=not prefix).decode(),
        value,
        max_age=lasts_s,
        path=prefix or "/",
        secure=is_secure,
        httponly=True,
        samesite="strict",
    )
