"""Change the file of keys: add a client, give it another key, remove it. One writer at a time; the file is whole."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from elc.errors import ElcError, build_nearest, check_faults
from elc.files.secret import hold_secrets, write_secret
from elc.service.clients import ACKNOWLEDGE, LOCAL, READ
from elc.service.guard.keys import NAME, NOBODY, Book, StoredClient, StoredKey, hash_key, read_book

SECRET_BYTES = 32  # 256 bits


def add_client(path: Path, name: str, *, plants: Sequence[str], rights: Sequence[str], now: datetime) -> str:
    """Add a client, and return its key, which is stored nowhere.

    Raises:
        ElcError: the name is taken or not fit, or the rights do not help without read.
    """
    key, stored = _make_key(now)

    def change(clients: dict[str, StoredClient]) -> None:
        check_faults(f"client {name}", _find_faults(name, rights, clients))
        clients[name] = StoredClient(plants=list(plants), rights=sorted(set(rights)), keys=[stored])  # type: ignore[arg-type]

    _change_book(path, change)
    return key


def _find_faults(name: str, rights: Sequence[str], taken: dict[str, StoredClient]) -> list[str]:
    faults = []
    if re.fullmatch(NAME, name) is None:
        faults.append("a name has 1 to 64 letters, digits, dots, dashes, at-signs and underscores; write such a one.")
    if name in (LOCAL.name, NOBODY.name):
        faults.append(f"{LOCAL.name} and {NOBODY.name} are names of the service's own; take another.")
    if name in taken:
        faults.append(f"it has a key already. Run elc keys rotate {name}, or elc keys remove {name} first.")
    if ACKNOWLEDGE in rights and READ not in rights:
        faults.append("the right acknowledge needs the right read; give both.")
    return faults


def rotate_key(path: Path, name: str, *, keep: timedelta, now: datetime) -> str:
    """Give a client another key, and return it; the former ones hold for `keep` longer, at most.

    Raises:
        ElcError: there is no such client, or `keep` is negative.
    """
    if keep < timedelta():
        raise ElcError(f"client {name}: --keep-hours is {keep / timedelta(hours=1):g}; write 0 or more.")
    key, stored = _make_key(now)
    until = now + keep

    def change(clients: dict[str, StoredClient]) -> None:
        client = _take(clients, name)
        ends = [(one, until if one.until is None else min(until, one.until)) for one in client.keys]
        kept = [one.model_copy(update={"until": end}) for one, end in ends if end > now]
        clients[name] = client.model_copy(update={"keys": [*kept, stored]})

    _change_book(path, change)
    return key


def remove_client(path: Path, name: str) -> int:
    """Remove a client with all its keys; return how many clients are left.

    Raises:
        ElcError: there is no such client.
    """

    def change(clients: dict[str, StoredClient]) -> None:
        _take(clients, name)
        del clients[name]

    return len(_change_book(path, change).clients)


def _take(clients: dict[str, StoredClient], name: str) -> StoredClient:
    if name not in clients:
        nearest = build_nearest(name, clients) if clients else "there is none yet; run elc keys add"
        raise ElcError(f"client {name}: it has no key: {nearest}")
    return clients[name]


def _make_key(now: datetime) -> tuple[str, StoredKey]:
    identity = secrets.token_hex(4)
    key = f"elc_{identity}_{secrets.token_urlsafe(SECRET_BYTES)}"
    return key, StoredKey(id=identity, sha256=hash_key(key.encode()).hex(), made=now.astimezone(UTC), until=None)


def _change_book(path: Path, change: Callable[[dict[str, StoredClient]], None]) -> Book:
    """Change the clients under a lock, and replace the file as a whole, readable by its owner alone."""
    with hold_secrets(path.parent):
        clients = dict((read_book(path) or Book()).clients)
        change(clients)
        book = Book(clients=clients)
        write_secret(path, book.model_dump_json(indent=1).encode() + b"\n")
    return book
