"""What stands between a client and the service: the path under which it is offered, and what named proxies say.

A header that anybody can send says nothing: X-Forwarded-* is believed where the connection comes from an address that
`serve.proxies` names, and ignored otherwise. Of a list the last value counts, which the nearest proxy wrote.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import Scope

from elc.service.problems import ProblemError
from elc.settings.serve import ServeSettings, is_prefix

FOR, PROTO, HOST, PREFIX = (f"x-forwarded-{name}".encode() for name in ("for", "proto", "host", "prefix"))
MOST_HOPS = 20  # ASSUME: proxies one after the other are fewer
SCHEMES = ("http", "https")
UNREADABLE = "A named proxy sent {name}: {value}, which cannot be read. Expected {expected}. Set it in the proxy."
Address = IPv4Address | IPv6Address


class Proxies:
    """The networks of named proxies, and the path under which the service is offered."""

    def __init__(self, settings: ServeSettings) -> None:
        self._networks = [ip_network(text) for text in settings.proxies]
        self._prefix = settings.root_path
        self.is_used = bool(self._networks or self._prefix)

    def place(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        """Let a request look as its client sent it: address, scheme, Host, and the prefix of its path.

        Afterwards `root_path` is the prefix, and `path` begins with it, whether or not the proxy cut it off.

        Raises:
            ProblemError: 400, what a named proxy says cannot be read.
        """
        prefix, peer = self._prefix, scope.get("client")
        if peer is not None and self._is_named(_read_address(peer[0])):
            scope["client"] = self._find_client(scope, headers) or peer
            scope["scheme"] = _read_scheme(headers) or scope.get("scheme", "http")
            _take_host(scope, headers)
            prefix = _read_prefix(headers, prefix)
        if prefix:
            path = scope["path"].removeprefix(prefix)
            is_within = path == "" or path[0] == "/"  # /elcother is not below /elc
            scope["root_path"], scope["path"] = prefix, prefix + ((path or "/") if is_within else scope["path"])

    def _is_named(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)

    def _find_client(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[str, int] | None:
        """Find the nearest address that is none of the proxies; the first of all where each is one."""
        if FOR not in headers:
            return None
        given = b",".join(value for name, value in scope["headers"] if name == FOR)
        address = None
        for part in reversed(given.split(b",")[-MOST_HOPS:]):
            address = _read_address(part.decode("latin-1").strip())
            if address is None:
                raise _build_fault(FOR, part, "addresses, with commas between them")
            if not self._is_named(address):
                break
        return (str(address), 0)


def _read_address(text: str) -> Address | None:
    """Read an address, with or without a port; None for what is no address."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _read_last(headers: dict[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1").rpartition(",")[2].strip()


def _read_scheme(headers: dict[bytes, bytes]) -> str:
    scheme = _read_last(headers, PROTO).lower()
    if scheme and scheme not in SCHEMES:
        raise _build_fault(PROTO, headers[PROTO], " or ".join(SCHEMES))
    return scheme


def _take_host(scope: Scope, headers: dict[bytes, bytes]) -> None:
    """Let Host be the one that the client sent; whether it is ours is checked as always."""
    host = _read_last(headers, HOST).encode("latin-1")
    if host:
        headers[b"host"] = host
        scope["headers"] = [*(one for one in scope["headers"] if one[0] != b"host"), (b"host", host)]


def _read_prefix(headers: dict[bytes, bytes], default: str) -> str:
    if PREFIX not in headers:
        return default
    prefix = _read_last(headers, PREFIX).rstrip("/")
    if prefix and not is_prefix(prefix):
        raise _build_fault(PREFIX, headers[PREFIX], "a path, as in /elc")
    return prefix


def _build_fault(name: bytes, value: bytes, expected: str) -> ProblemError:
    shown = ascii(value[:40].decode("latin-1"))
    return ProblemError(400, UNREADABLE.format(name=name.decode().title(), value=shown, expected=expected))
