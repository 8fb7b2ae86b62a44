"""Post a message as JSON: one address, TLS checked, no redirect followed, the whole exchange within its time."""

from __future__ import annotations

import functools
import http.client
import ssl
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from elc import __version__
from elc.alerts.deadline import Watch, finish_within
from elc.alerts.undelivered import UndeliveredError, describe
from elc.records import format_line
from elc.records.alerts import Message
from elc.settings import find_url_fault

BUSY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True)
class Webhook:
    """Where messages are posted. The URL may be a secret: only its host is ever named."""

    url: str = field(repr=False)
    timeout_s: float
    where: str  # the setting that the URL comes from
    name: str = "webhook"
    batch: int = 1

    @property
    def label(self) -> str:
        return "the webhook" if find_url_fault(self.url) else f"the webhook at {urlsplit(self.url).hostname}"

    @property
    def address(self) -> str:
        return self.url

    def send(self, messages: Sequence[Message]) -> str:
        """Post each message, and say what was answered.

        Raises:
            UndeliveredError: the server cannot be reached, is late, or answers with another status than 2xx.
        """
        fault = find_url_fault(self.url)
        if fault:
            raise UndeliveredError(f"{self.where}: {fault}", is_down=True)
        status = 0
        for message in messages:
            try:
                status = finish_within(self.timeout_s, functools.partial(self._post, message))
            except (OSError, ValueError, http.client.HTTPException) as error:
                raise UndeliveredError(describe(error), is_down=True) from None
            _check_status(status)
        return f"it answered {status}"

    def _post(self, message: Message, watch: Watch) -> int:
        request = urllib.request.Request(
            self.url,
            data=format_line(message).removesuffix("\n").encode(),
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": f"elc/{__version__}",
                "Idempotency-Key": message.message,
            },
            method="POST",
        )
        opener = urllib.request.OpenerDirector()  # a proxy of the environment is used; nothing follows a redirect
        for handler in (urllib.request.ProxyHandler(), _Http(watch), _Https(watch)):
            opener.add_handler(handler)
        with opener.open(request, timeout=self.timeout_s) as response:
            return int(response.status)


def _check_status(status: int) -> None:
    if 200 <= status < 300:
        return
    known = {item.value: item.phrase for item in HTTPStatus}
    text = f"it answered {status} {known.get(status, '')}".rstrip()
    if 300 <= status < 400:
        text += ", which points elsewhere; give the final address"
    is_refused = 400 <= status < 500 and status not in BUSY  # this message alone: the next may pass
    raise UndeliveredError(text, is_down=not is_refused)


class _Connection(http.client.HTTPConnection):
    """A connection that its watch knows of."""

    watch: Watch

    def connect(self) -> None:
        super().connect()
        self.watch.add(self.sock)


class _SecureConnection(http.client.HTTPSConnection, _Connection):
    """The same with TLS: what stands above is called before TLS is agreed on."""


class _Http(urllib.request.HTTPHandler):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_watched(_Connection, self._watch), request)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, watch: Watch) -> None:
        self._checked = ssl.create_default_context()
        super().__init__(context=self._checked)
        self._watch = watch

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_watched(_SecureConnection, self._watch), request, context=self._checked)


def _watched(kind: type[_Connection], watch: Watch) -> Any:
    return type(kind.__name__, (kind,), {"watch": watch})
