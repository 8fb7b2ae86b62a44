"""The file of keys: which clients there are, what each may do, and the SHA-256 of their keys; never a key itself.

A running service takes a change within 2 s, and keeps the last good keys.

A key has 256 random bits. A guess at it fails however fast the hash is, so one SHA-256 is enough: slow hashes are for
secrets that people choose. NIST SP 800-63B-4, section 3.1.2.2, asks for a slow, salted hash of look-up secrets only
where they have less than 112 bits.
"""

from __future__ import annotations

import hmac
import logging
import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError

from elc.errors import ElcError
from elc.paths import Project
from elc.service.clients import ALL_PLANTS, Client
from elc.settings.section import Section

PATH = "ELC_KEYS"
LOOK_S = 1.0  # ASSUME: between two looks at the file; one look takes some 2 us
WRITABLE_BY_OTHERS = 0o022
NAME = r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}"
Name = Annotated[str, StringConstraints(pattern=f"^{NAME}$")]
NOBODY = Client("nobody", (), ())  # who shows no key, at the addresses that need none
_ID = slice(4, 12)  # of a key
_KEY = re.compile(r"elc_[0-9a-f]{8}_[A-Za-z0-9_-]{43}")


class StoredKey(Section):
    """One key: its public id, the hash of all of it, and until when it holds (None: until it is removed)."""

    id: str = Field(pattern=r"^[0-9a-f]{8}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    made: AwareDatetime
    until: AwareDatetime | None


class StoredClient(Section):
    """What one client may do, and its keys, the newest last."""

    plants: list[str] = Field(min_length=1)
    rights: list[Literal["read", "acknowledge"]] = Field(min_length=1)
    keys: list[StoredKey]


class Book(Section):
    """All clients by name."""

    clients: dict[Name, StoredClient] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A key that is in use: whose it is, and its hash. `until` is in s since 1970; infinite where it has no end."""

    id: str
    digest: bytes
    until: float
    client: Client


def find_keys(project: Project) -> Path:
    """Find the file of keys: the one that ELC_KEYS names, or secrets/keys.json of the project."""
    given = os.environ.get(PATH)
    return Path(given).expanduser() if given else project.root / "secrets" / "keys.json"


def is_key(text: str) -> bool:
    """Whether a text has the form of a key."""
    return _KEY.fullmatch(text) is not None


def read_book(path: Path) -> Book | None:
    """Read the file of keys; None where there is none.

    Raises:
        ElcError: it cannot be read, does not hold keys, or others than its owner may write to it.
    """
    try:
        text = path.read_bytes()
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ElcError(
            f"{path}: the keys cannot be read ({error.strerror}). Let the service's user read them."
        ) from None
    if mode & WRITABLE_BY_OTHERS:
        raise ElcError(
            f"{path}: others than its owner may write to the keys (mode {mode & 0o777:o}). Run chmod 600 {path}."
        )
    try:
        return Book.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the whole"
        raise ElcError(
            f"{path}: these are no keys: {where}: {fault['msg']}. "
            "Take the file back from a copy, or remove it and make the keys again by elc keys add."
        ) from None


def list_holders(book: Book) -> Iterable[KeyHolder]:
    """List every key of every client."""
    for name, stored in book.clients.items():
        plants = (ALL_PLANTS,) if ALL_PLANTS in stored.plants else tuple(stored.plants)
        client = Client(name, plants, tuple(stored.rights))
        for key in stored.keys:
            until = float("inf") if key.until is None else key.until.timestamp()
            yield KeyHolder(key.id, bytes.fromhex(key.sha256), until, client)


def hash_key(key: bytes) -> bytes:
    """Hash a whole key."""
    return sha256(key).digest()


class KeyFile:
    """Who holds which key.

    Raises:
        ElcError: when it is made, on a file that cannot be read. Later such a file keeps the last good keys, and a file
            that goes away does not open the service.
    """

    def __init__(self, path: Path, log: logging.Logger) -> None:
        self.path, self._log = path, log
        self._stamp = self._stat()
        self._next = time.monotonic() + LOOK_S
        self._holders: dict[bytes, KeyHolder] = {}
        self._is_found = False
        self._take(read_book(path))

    @property
    def is_needed(self) -> bool:
        """Whether who asks needs a key: there is a file of keys, or there was one."""
        self._look()
        return self._is_found

    @property
    def count(self) -> int:
        """How many keys hold now."""
        now = time.time()
        return sum(holder.until > now for holder in self._holders.values())

    def find(self, key: bytes) -> KeyHolder | None:
        """Find who holds a key, in a time that does not tell how near a guess was."""
        self._look()
        digest = hash_key(key)
        holder = self._holders.get(key[_ID])
        is_same = hmac.compare_digest(digest, holder.digest if holder else bytes(len(digest)))
        return holder if holder and is_same and holder.until > time.time() else None

    def find_id(self, identity: str) -> KeyHolder | None:
        """Find a key by its id alone: of a session, whose signature says that the key was shown."""
        self._look()
        holder = self._holders.get(identity.encode())
        return holder if holder and holder.until > time.time() else None

    def _look(self) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + LOOK_S
        stamp = self._stat()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            book = read_book(self.path)
        except ElcError as error:
            self._log.error("The keys cannot be read; the last good ones hold. %s", error)
            return
        if book is None and self._is_found:
            self._log.error("%s: the keys are gone; the last good ones hold until the service stops.", self.path)
            return
        self._take(book)
        self._log.warning("The keys have changed: %d hold.", self.count)

    def _take(self, book: Book | None) -> None:
        if book is not None:
            self._holders = {holder.id.encode(): holder for holder in list_holders(book)}
            self._is_found = True

    def _stat(self) -> tuple[int, int, int, int] | None:
        """What tells one state of the file from another; None where it cannot be seen."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode
