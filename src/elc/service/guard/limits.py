"""How often one client may ask: a bucket that fills by the second, and from which each request takes one.

Source: the token bucket of RFC 2697 in its simplest form. Each process has its own buckets, so a client of a service
with several workers may ask as often at each.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from ipaddress import IPv6Address

MOST = 4096  # ASSUME: clients and addresses that are remembered; the one that was silent longest is forgotten first
# ASSUME: wrong keys of one address. A guess at 256 bits fails anyway; this keeps the noise down.
FAILURES_PER_S, FAILURES_BURST = 0.1, 10


LOOPBACK_6 = "::/64"  # the network of ::1


class Buckets:
    """One bucket a name, each full at first. `rate` is in requests a second, `burst` in requests."""

    def __init__(self, *, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, float(burst)
        self._states: OrderedDict[str, list[float]] = OrderedDict()

    def take(self, name: str) -> float:
        """Take one; return 0, or in how many seconds there is one again."""
        now = time.monotonic()
        state = self._states.get(name)
        if state is None:
            state = self._states[name] = [self._burst, now]
            if len(self._states) > MOST:
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
