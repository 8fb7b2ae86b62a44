"""One request and its answer: counts the bytes that come, and completes what goes.

An error that is not in our form is replaced by one that is.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from http import HTTPStatus

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from elc.service.guard.access import STATIC
from elc.service.problems import MEDIA_TYPE, ProblemError, build_problem

MIB = 1 << 20
Headers = Iterable[tuple[bytes, bytes]]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
NO_STORE = (b"cache-control", b"no-store")
TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
KEPT = ("allow", "www-authenticate", "retry-after")  # of an error whose body is replaced
REQUEST_ID = "X-Request-Id"
DETAILS = {
    404: "There is nothing at this address. GET /openapi.json says what there is.",
    405: "This address does not take this method. The header Allow says which it takes.",
    503: "The service cannot do that now. Its log says more; ask again in a minute.",
    500: f"The service failed on this request. Its log says more, under the id in {REQUEST_ID}.",
}
START, BODY = "http.response.start", "http.response.body"
TOO_LARGE = "The body of a request may have {limit:.3g} MiB. Send fewer rows at once."


def build_too_large(limit: int) -> ProblemError:
    """Build the refusal of a body with more than `limit` bytes."""
    return ProblemError(413, TOO_LARGE.format(limit=limit / MIB))


class Exchange:
    """Stands between the server and the application for one request. `limit` is in bytes of the body."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, limit: int, has_body: bool) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self.path: str = scope["path"]  # without the prefix under which the service is offered
        self.limit, self._left, self.has_body = limit, limit, has_body
        self.is_read = not has_body
        self.is_started = self.is_replaced = False
        self.status = 0
        self.refusal: ProblemError | None = None
        self.request_id = ""

    async def receive(self) -> Message:
        """Receive a part of the request.

        Raises:
            ProblemError: 413, when the body is longer than it may be.
        """
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self.is_read = not message.get("more_body", False)
            if self._left < 0:
                self.refusal = build_too_large(self.limit)
                raise self.refusal
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer; an error that is not in our form is replaced by one that is."""
        if message["type"] == START:
            headers, status = list(message.get("headers", ())), message["status"]
            if self.refusal is not None and status != self.refusal.status:
                await self.replace(build_problem(self.refusal))
                return
            if status >= 400 and not _is_problem(headers):
                await self.replace(_build_replacement(status, headers, self.name_request()))
                return
            await self._start(message, headers)
        elif not self.is_replaced:
            await self._send(message)

    async def _start(self, message: Message, headers: list[tuple[bytes, bytes]]) -> None:
        self.status, self.is_started = message["status"], True
        if not self.is_read and self.status >= 400:
            headers.append((b"connection", b"close"))  # what is left of the body is not waited for
        message["headers"] = _complete_headers(
            headers,
            is_static=self.status < 400 and self.path.startswith(STATIC),
            is_encrypted=self.scope.get("scheme") == "https",
        )
        await self._send(message)

    async def replace(self, response: Response) -> None:
        """Send a whole answer of our own; what the application still sends goes nowhere."""
        self.is_replaced = True
        await self._start({"type": START, "status": response.status_code}, list(response.raw_headers))
        await self._send({"type": BODY, "body": response.body})

    async def drain(self, *, most: int, timeout_s: float) -> None:
        """Read and drop what is left of the body, so that who sends it gets to read the answer.

        A server that closes while bytes are still coming resets the connection, and the answer is lost with it.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not self.is_read and most > 0:
                    message = await self._receive()
                    if message["type"] != "http.request":
                        return
                    most -= len(message.get("body", b""))
                    self.is_read = not message.get("more_body", False)
        except TimeoutError:
            return

    def name_request(self) -> str:
        """Give the request an id by which the log and who asked can speak of it."""
        self.request_id = self.request_id or secrets.token_hex(8)
        return self.request_id


def _is_problem(headers: Headers) -> bool:
    """Whether an answer is application/problem+json."""
    return any(name == b"content-type" and value.startswith(MEDIA_TYPE.encode()) for name, value in headers)


def _build_replacement(status: int, headers: Headers, request_id: str) -> Response:
    """Build the problem that takes the place of an error of a library's own form, which may say too much."""
    kept = {name.decode(): value.decode() for name, value in headers if name.decode().lower() in KEPT}
    if status >= 500:
        kept[REQUEST_ID] = request_id
    try:
        found = HTTPStatus(status)
    except ValueError:
        found = HTTPStatus(status // 100 * 100)
    detail = DETAILS.get(found, found.description or found.phrase)
    return build_problem(ProblemError(found, detail, headers=kept))


def _complete_headers(headers: Headers, *, is_static: bool, is_encrypted: bool) -> list[tuple[bytes, bytes]]:
    """Add what every answer carries to the headers of one; its own Cache-Control is left to it."""
    completed = [*headers, *SECURITY]
    if not is_static and not any(name == b"cache-control" for name, _ in completed):
        completed.append(NO_STORE)
    if is_encrypted:
        completed.append(TRANSPORT)
    return completed
