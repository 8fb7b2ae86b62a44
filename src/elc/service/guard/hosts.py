"""Which names the service answers to. A page elsewhere that gives its own name our address is refused by this."""

from __future__ import annotations

import re

from elc.service.problems import ProblemError
from elc.settings.serve import LOOPBACK, ServeSettings

MOST = 64  # spellings of our own names, with ports, that are remembered
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?", re.ASCII)
_DEFAULT_PORT = {b"http": b":80", b"https": b":443"}
NO_HOST = "The header Host is missing, doubled or not readable. Send one name, with the port if need be."
OTHER_HOST = "The service does not go by this name. Ask it by a name that serve.hosts lists, or by its address."
OTHER_ORIGIN = "A page of another site may not send this. Open the service's own page."


class Hosts:
    """The names of the service, and those that were found good, by their exact spelling."""

    def __init__(self, settings: ServeSettings) -> None:
        self._names = {name.lower().strip("[]") for name in (*LOOPBACK, settings.host, *settings.hosts)}
        self._seen: set[bytes] = set()

    def check(self, header: bytes | None, server: tuple[str, int | None] | None) -> None:
        """Check the header Host; the address at which the request came in is a good name too.

        Raises:
            ProblemError: 400 without a name, 421 with another's.
        """
        if header in self._seen:
            return
        found = None if header is None else _AUTHORITY.fullmatch(header.decode("latin-1"))
        if found is None:
            raise ProblemError(400, NO_HOST)
        name = found[1].strip("[]").rstrip(".").lower()
        if server is not None and name == server[0]:
            return
        if name not in self._names:
            raise ProblemError(421, OTHER_HOST)
        if header is not None and len(self._seen) < MOST:
            self._seen.add(header)


def check_origin(method: str, headers: dict[bytes, bytes]) -> None:
    """Check that what a browser wants to change comes from our own page. A client that is no browser says no origin.

    Raises:
        ProblemError: 403.
    """
    if method in SAFE:
        return
    site = headers.get(b"sec-fetch-site", b"none")
    origin = headers.get(b"origin")
    if site not in (b"same-origin", b"none") or (origin is not None and not _is_own(origin, headers[b"host"])):
        raise ProblemError(403, OTHER_ORIGIN)


def _is_own(origin: bytes, host: bytes) -> bool:
    scheme, _, authority = origin.lower().partition(b"://")
    port = _DEFAULT_PORT.get(scheme)
    return port is not None and authority.removesuffix(port) == host.lower().removesuffix(port)
