"""The guard: one ASGI middleware around the whole application, for every request before anything else sees it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from elc.errors import ElcError
from elc.service.clients import CLIENT
from elc.service.guard.access import NO_SESSIONS, Access
from elc.service.guard.audit import Refusals
from elc.service.guard.callers import SAFE, Hosts, check_origin, read_address
from elc.service.guard.exchange import DETAILS, MIB, REQUEST_ID, Exchange, build_too_large
from elc.service.guard.keys import NOBODY
from elc.service.guard.proxies import Proxies
from elc.service.problems import ProblemError, build_problem

ENDLESS = frozenset({"/events"})  # an answer that has no end by itself
READING = ("/predict", "/gap", "/invocations")  # a POST that changes nothing
PROBES = frozenset({"/healthz", "/readyz", "/ping"})  # asked by address, or by HTTP/1.0 without a Host
ONCE = (b"host", b"authorization", b"content-length", b"origin", b"cookie")
DRAIN_S, DRAIN_RATIO = 2.0, 4  # ASSUME: how long, and how many times the limit, a refused body is still read
DOUBLED = "A header that may stand once stands twice: {name}."
NO_LENGTH = "The header Content-Length is no number of bytes."
TOO_OFTEN = "This client asks more often than serve.limits allows. Wait as long as Retry-After says."
TOO_SLOW = "The request did not arrive whole within {limit:g} s."
TOO_LONG = "The answer took longer than {limit:g} s. Ask again, or for fewer rows at once."
_PLANT = re.compile(r"/plants/([a-z][a-z0-9_]{0,63})/")


class Guard:
    """Admits or refuses each request, bounds its size, rate and time, and completes its answer.

    It leaves who asks in the scope (elc.service.clients), and tells `count` the status of each refusal.
    """

    def __init__(self, app: ASGIApp, *, access: Access, log: logging.Logger, count: Callable[[int], object]) -> None:
        self._app, self._access, self._log = app, access, log
        self._hosts, self._proxies = Hosts(access.settings), Proxies(access.settings)
        self._timeout = access.settings.limits.timeout_s
        self._limit = int(access.settings.limits.max_body_mib * MIB)
        self._refusals = Refusals(log, count)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})  # there are none here
            return
        headers = dict(scope["headers"])
        has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        exchange = Exchange(scope, receive, send, limit=self._limit, has_body=has_body)
        address = read_address(scope.get("client"))
        scope[CLIENT] = NOBODY
        try:
            if self._proxies.is_used:
                self._proxies.place(scope, headers)
                exchange.path = scope["path"].removeprefix(scope.get("root_path", ""))
                address = read_address(scope.get("client"))
            self._admit(exchange, headers, address)
        except ProblemError as error:
            await self._refuse(exchange, error, headers, address)
        except ElcError as error:  # the secret of sessions is out of reach
            self._fail(exchange, scope, error)
            await exchange.replace(build_problem(ProblemError(503, NO_SESSIONS)))
        else:
            await self._run(exchange, scope, address)
            if exchange.refusal is not None:
                self._refusals.note(exchange.refusal.status, scope, address)
            if _is_write(exchange):
                await self._audit(exchange, scope, address)

    def _admit(self, exchange: Exchange, headers: dict[bytes, bytes], address: str) -> None:
        """Check everything that can be told before the body.

        Raises:
            ProblemError: what is refused, with its status.
        """
        scope, path = exchange.scope, exchange.path
        if len(headers) != len(scope["headers"]):
            _check_doubles(scope["headers"])
        is_probe = path in PROBES and scope["method"] in SAFE
        self._hosts.check(headers.get(b"host"), scope.get("server"), is_probe=is_probe)
        check_origin(scope["method"], headers)
        client = self._access.identify(path, headers, address)
        wait = self._access.requests.take(address if client is NOBODY else client.name)
        if wait:
            raise ProblemError(429, TOO_OFTEN, headers={"Retry-After": str(int(wait) + 1)})
        scope[CLIENT] = client
        length = headers.get(b"content-length")
        if length is not None:
            if not length.isdigit():
                raise ProblemError(400, NO_LENGTH)
            if len(length) > 15 or int(length) > self._limit:
                raise build_too_large(self._limit)

    async def _run(self, exchange: Exchange, scope: Scope, address: str) -> None:
        """Let the application answer in time; what it raises ends here, in the log and as a problem."""
        deadline = asyncio.timeout(None if exchange.path in ENDLESS else self._timeout)
        try:
            async with deadline:
                await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            return
        except ProblemError as error:
            await self._end(exchange, error)
        except Exception as error:
            if deadline.expired() and isinstance(error, TimeoutError):
                late = self._build_late(exchange)
                self._refusals.note(late.status, scope, address)
                await self._end(exchange, late)
                return
            self._fail(exchange, scope, error)
            await self._end(exchange, ProblemError(500, DETAILS[500], headers={REQUEST_ID: exchange.request_id}))

    def _build_late(self, exchange: Exchange) -> ProblemError:
        if not exchange.is_read:
            return ProblemError(408, TOO_SLOW.format(limit=self._timeout))
        return ProblemError(503, TOO_LONG.format(limit=self._timeout), headers={"Retry-After": "1"})

    def _fail(self, exchange: Exchange, scope: Scope, error: Exception) -> None:
        fields = {"request": exchange.name_request(), "method": scope["method"], "path": scope["path"]}
        self._log.error("A request failed.", exc_info=error, extra={"fields": fields})

    async def _end(self, exchange: Exchange, error: ProblemError) -> None:
        """Answer, where nothing was answered yet; else the server sees half an answer, and cuts the connection."""
        if not exchange.is_started:
            await exchange.replace(build_problem(error))

    async def _refuse(self, exchange: Exchange, error: ProblemError, headers: dict[bytes, bytes], address: str) -> None:
        self._refusals.note(error.status, exchange.scope, address)
        if exchange.has_body and b"expect" not in headers:
            await exchange.drain(most=self._limit * DRAIN_RATIO, timeout_s=DRAIN_S)
        await exchange.replace(build_problem(error))

    async def _audit(self, exchange: Exchange, scope: Scope, address: str) -> None:
        plant = _PLANT.match(exchange.path)
        await asyncio.to_thread(
            self._access.audit.write,
            scope[CLIENT].name,
            address,
            f"{scope['method'][:16]} {exchange.path[:200]}",
            plant=plant[1] if plant else None,
            status=exchange.status,
        )


def _is_write(exchange: Exchange) -> bool:
    """Whether a request belongs into the audit file: it changed something, tried to, or showed a wrong key.

    What strangers send besides is in the counts and the log alone, so that they cannot fill the disk.
    """
    scope, status = exchange.scope, exchange.status
    if scope["method"] in SAFE or exchange.path.endswith(READING):
        return False
    return status == 401 or (scope[CLIENT] is not NOBODY and status not in (404, 405, 429))


def _check_doubles(headers: list[tuple[bytes, bytes]]) -> None:
    names = [name for name, _ in headers]
    for name in ONCE:
        if names.count(name) > 1:
            raise ProblemError(400, DOUBLED.format(name=name.decode().title()))
