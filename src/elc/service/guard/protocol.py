"""HTTP/1.1 by httptools, with the two limits that uvicorn leaves out: how long and how slow a request's head may be.

uvicorn passes its limit of the head to h11 alone (Kludex/uvicorn issue 157), and has no time limit between the first
byte and the application. Without them one connection takes any amount of memory, and a thousand silent ones the rest.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, OrderedDict
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from elc.service.guard.callers import read_address

HEAD_BYTES = 32 * 1024  # ASSUME: request line and headers; twice what browsers and proxies send at most
HEAD_S = 10.0  # ASSUME: from the connection, or from the first byte of a request, to the end of its head
MOST_OF_ADDRESS = 250  # ASSUME: connections of one address, a proxy's too; a quarter of what a worker takes
MOST_IDLE = 500  # ASSUME: connections in which nothing is asked just now, of all addresses; half of what a worker takes
TOLD_S = 60.0  # between two lines of the log about them
LOG = logging.getLogger("elc.service")
DETAILS = {
    400: ("Bad Request", "This is not an HTTP request."),
    431: ("Request Header Fields Too Large", f"Request line and headers may have {HEAD_BYTES} bytes."),
}


class Crowd:
    """The connections of each address, and the idle ones of all, so that there is room for others.

    Where too many are idle the one that is so the longest ends. What is refused or ended is said once a minute.
    """

    def __init__(self) -> None:
        self.refused = 0
        self._held: Counter[str] = Counter()
        self._idle: OrderedDict[BoundedProtocol, None] = OrderedDict()
        self._said_s = -TOLD_S

    def take(self, address: str) -> bool:
        """Take a connection in; False where its address has enough, and it is to be closed."""
        self._held[address] += 1
        if self._held[address] <= MOST_OF_ADDRESS:
            return True
        self._say(address, MOST_OF_ADDRESS)
        return False

    def rest(self, protocol: BoundedProtocol) -> None:
        """Note that nothing is asked in a connection from now on; the one that is idle the longest may have to go."""
        self._idle[protocol] = None
        if len(self._idle) > MOST_IDLE:
            oldest, _ = self._idle.popitem(last=False)
            oldest.transport.abort()
            self._say(oldest.address, MOST_IDLE)

    def wake(self, protocol: BoundedProtocol) -> None:
        """Note that something is asked in a connection, or that it has gone."""
        self._idle.pop(protocol, None)

    def _say(self, address: str, most: int) -> None:
        self.refused += 1
        if time.monotonic() - self._said_s >= TOLD_S:
            self._said_s = time.monotonic()
            fields = {"count": self.refused, "address": address, "most": most}
            LOG.warning("Connections were refused; this is the last one.", extra={"fields": fields})

    def give_back(self, address: str) -> None:
        """Note that a connection, taken in or not, has gone."""
        self._held[address] -= 1
        if self._held[address] <= 0:
            del self._held[address]


CROWD = Crowd()


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol on httptools; a request whose head fits into one packet costs two comparisons more."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._is_head = True
        self._head_bytes = self._loose_bytes = 0
        self.address = ""
        self._clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = read_address(self.client)
        if not CROWD.take(self.address):
            transport.abort()
            return
        CROWD.rest(self)
        self._clock = self.loop.call_later(HEAD_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        CROWD.give_back(self.address)
        CROWD.wake(self)
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        self._loose_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if not self._is_head:
            if self._loose_bytes > HEAD_BYTES:
                self._refuse(431)
            return
        if self._head_bytes > HEAD_BYTES:
            self._refuse(431)
        elif self._head_bytes and self._clock is None:
            self._clock = self.loop.call_later(HEAD_S, self._give_up)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header of the head; what comes after a body (RFC 9112, 7.1.2) was not there when it was admitted."""
        if self._is_head:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._loose_bytes = 0  # between two parts of a body are sizes, their extensions, and trailers at its end
        super().on_body(body)

    def on_headers_complete(self) -> None:
        if self._head_bytes > HEAD_BYTES and self._count_head() > HEAD_BYTES:
            self._is_head = True
            raise ValueError("the head is too long")  # ends in send_400_response
        CROWD.wake(self)
        self._is_head, self._loose_bytes = False, 0
        self._stop_clock()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_head, self._head_bytes = True, 0

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.timeout_keep_alive_task is not None:
            CROWD.rest(self)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        self._refuse(431 if self._is_head and self._count_head() > HEAD_BYTES else 400)

    def _count_head(self) -> int:
        return len(self.url or b"") + sum(len(name) + len(value) + 4 for name, value in self.headers or ())

    def _refuse(self, status: int) -> None:
        title, detail = DETAILS[status]
        body = orjson.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
        head = (
            f"HTTP/1.1 {status} {title}\r\ncontent-type: application/problem+json\r\ncontent-length: {len(body)}\r\n"
            "cache-control: no-store\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _give_up(self) -> None:
        self._clock = None
        if self._is_head and not self.transport.is_closing():
            self.transport.close()

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
