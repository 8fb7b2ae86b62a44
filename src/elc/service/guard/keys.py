"""The keys as a running service sees them: it takes a change within 2 s, and keeps the last good ones."""

from __future__ import annotations

import hmac
import logging
import time
from pathlib import Path

from elc.errors import ElcError
from elc.service.guard.book import ID_LENGTH, PREFIX, Book, KeyHolder, hash_key, list_holders, read_book

LOOK_S = 1.0  # ASSUME: between two looks at the file; one look takes some 2 us
_START, _END = len(PREFIX), len(PREFIX) + ID_LENGTH


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
        holder = self._holders.get(key[_START:_END])
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
