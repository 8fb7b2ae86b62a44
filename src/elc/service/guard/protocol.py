"""HTTP/1.1 by httptools, with the two limits that uvicorn leaves out: how long and how slow a request's head may be.

uvicorn passes its limit of the head to h11 alone (Kludex/uvicorn issue 157), and has no time limit between the first
byte and the application. Without them one connection takes any amount of memory, and a thousand silent ones the rest.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from elc.service.guard.limits import read_address

HEAD_BYTES = 32 * 1024  # ASSUME: request line and headers; twice what browsers and proxies send at most
HEAD_S = 10.0  # ASSUME: from the connection, or from the first byte of a request, to the end of its head
MOST_OF_ADDRESS = 250  # ASSUME: connections of one address, a proxy's too; a quarter of what a worker takes
TOLD_S = 60.0  # between two lines of the log about them
LOG = logging.getLogger("elc.service")
DETAILS = {
    400: ("Bad Request", "This is no HTTP request."),
    431: ("Request Header Fields Too Large", f"Request line and headers may have {HEAD_BYTES} bytes."),
}


class Crowd:
    """The connections of each address, so that one leaves room for others; what is refused is said once a minute."""

    def __init__(self) -> None:
        self.refused = 0
        self._held: Counter[str] = Counter()
        self._said_s = -TOLD_S

    def take(self, address: str) -> bool:
        """Take a connection in; False where its address has enough, and it is to be closed."""
        self._held[address] += 1
        if self._held[address] <= MOST_OF_ADDRESS:
            return True
        self.refused += 1
        if time.monotonic() - self._said_s >= TOLD_S:
            self._said_s = time.monotonic()
            fields = {"count": self.refused, "address": address, "most": MOST_OF_ADDRESS}
            LOG.warning("Connections were refused; this is the last one.", extra={"fields": fields})
        return False

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
        self._address = ""
        self._clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._address = read_address(self.client)
        if not CROWD.take(self._address):
            transport.abort()
            return
        self._clock = self.loop.call_later(HEAD_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        CROWD.give_back(self._address)
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
        self._is_head, self._loose_bytes = False, 0
        self._stop_clock()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_head, self._head_bytes = True, 0

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
