"""From which address the service is asked, by which name, and how often one may ask.

A page elsewhere that gives its own name our address is refused by this.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address

from elc.service.problems import ProblemError
from elc.settings.serve import LOOPBACK, ServeSettings

MOST_NAMES = 64  # spellings of our own names, with ports, that are remembered
LOOPBACK_6 = "::/64"  # the network of ::1
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_BUCKETS = 4096  # ASSUME: clients and addresses that are remembered; the one silent the longest is forgotten first
# ASSUME: wrong keys of one address. A guess at 256 bits fails anyway; this keeps the noise down.
FAILURES_PER_S, FAILURES_BURST = 0.1, 10
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

    def check(self, header: bytes | None, server: tuple[str, int | None] | None, *, is_probe: bool) -> None:
        """Check the header Host; the address at which the request came in is a good name too.

        A probe of health may come without a name, or by any address: a page elsewhere has a name that it gives.

        Raises:
            ProblemError: 400 without a name, 421 with another's.
        """
        if header in self._seen or (is_probe and not header):
            return
        found = None if header is None else _AUTHORITY.fullmatch(header.decode("latin-1"))
        if found is None:
            raise ProblemError(400, NO_HOST)
        name = found[1].strip("[]").rstrip(".").lower()
        if (server is not None and name == server[0]) or (is_probe and _is_address(name)):
            return
        if name not in self._names:
            raise ProblemError(421, OTHER_HOST)
        if header is not None and len(self._seen) < MOST_NAMES:
            self._seen.add(header)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


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


def is_loopback(address: str) -> bool:
    """Whether an address, as `read_address` gives it, is this machine's own."""
    return address.startswith("127.") or address == LOOPBACK_6


def read_address(peer: tuple[str, int] | None) -> str:
    """Read the address of who asks; of IPv6 the network, since one subscriber has 2**64 addresses."""
    if peer is None:
        return "unknown"
    host = peer[0]
    if ":" not in host:
        return host
    try:
        address = IPv6Address(host)
    except ValueError:
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"


class Buckets:
    """A bucket a name, full at first, that fills by the second, and from which each request takes one.

    `rate` is in requests a second, `burst` in requests. Source: the token bucket of RFC 2697 in its simplest form. Each
    process has its own, so a client of a service with several workers may ask as often at each.
    """

    def __init__(self, *, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, float(burst)
        self._states: OrderedDict[str, list[float]] = OrderedDict()

    def take(self, name: str) -> float:
        """Take one; return 0, or in how many seconds there is one again."""
        now = time.monotonic()
        state = self._states.get(name)
        if state is None:
            state = self._states[name] = [self._burst, now]
            if len(self._states) > MOST_BUCKETS:
                self._states.popitem(last=False)
        else:
            self._states.move_to_end(name)
        left = min(self._burst, state[0] + (now - state[1]) * self._rate)
        state[1] = now
        if left < 1:
            state[0] = left
            return (1 - left) / self._rate
        state[0] = left - 1
        return 0.0
