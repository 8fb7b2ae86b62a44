"""Post a message as JSON: one address, TLS checked, no redirect followed, the whole exchange within its time."""

from __future__ import annotations

import functools
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from elc import __version__
from elc.alerts.deadline import Watch, finish_within
from elc.alerts.undelivered import UndeliveredError, describe
from elc.records import format_line
from elc.records.alerts import Message
from elc.settings import find_url_fault

if TYPE_CHECKING:
    from requests.adapters import HTTPAdapter

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
            except (OSError, ValueError) as error:
                raise UndeliveredError(describe(_find_cause(error)), is_down=True) from None
            _check_status(status)
        return f"it answered {status}"

    def _post(self, message: Message, watch: Watch) -> int:
        import requests

        with requests.Session() as session:
            for scheme in ("http://", "https://"):
                session.mount(scheme, _build_adapter(watch))
            session.trust_env = False  # a password in ~/.netrc is not meant for this server
            trusted = ssl.get_default_verify_paths()  # by this machine, which may know a works' own authority
            response = session.post(
                self.url,
                data=format_line(message).removesuffix("\n").encode(),
                headers={
                    "Content-Type": "application/json; charset=utf-8",
                    "User-Agent": f"elc/{__version__}",
                    "Idempotency-Key": message.message,
                },
                timeout=self.timeout_s,
                proxies=requests.utils.get_environ_proxies(self.url),
                verify=trusted.cafile or trusted.capath or True,
                allow_redirects=False,
                stream=True,  # what stands in the answer is of no interest
            )
            return int(response.status_code)


def _find_cause(error: BaseException) -> BaseException:
    """Find what the system said: requests and urllib3 wrap it, once or more."""
    for inner in (error.__cause__ or error.__context__, getattr(error, "reason", None), *error.args):
        if isinstance(inner, BaseException):
            return _find_cause(inner)
    return error


def _check_status(status: int) -> None:
    if 200 <= status < 300:
        return
    known = {item.value: item.phrase for item in HTTPStatus}
    text = f"it answered {status} {known.get(status, '')}".rstrip()
    if 300 <= status < 400:
        text += ", which points elsewhere; give the final address"
    is_refused = 400 <= status < 500 and status not in BUSY  # this message alone: the next may pass
    raise UndeliveredError(text, is_down=not is_refused)


def _build_adapter(watch: Watch) -> HTTPAdapter:
    """Build what connects; the watch knows of each connection before TLS is agreed on."""
    from requests.adapters import HTTPAdapter

    class Watching(HTTPAdapter):
        def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> Any:
            pool = super().get_connection_with_tls_context(*arguments, **options)
            pool.ConnectionCls = type("Watched", (_Watched, pool.ConnectionCls), {"watch": watch})
            return pool

    return Watching()


class _Watched:
    """What a connection of urllib3 does besides."""

    watch: Watch

    def _new_conn(self) -> socket.socket:
        connection: socket.socket = super()._new_conn()  # type: ignore[misc]
        self.watch.add(connection)
        return connection
