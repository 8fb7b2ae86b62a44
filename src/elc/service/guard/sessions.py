"""The session of a browser: a cookie that says which key was shown and until when, signed by HMAC-SHA256.

No session is kept, so every worker knows every one. A session ends with its time, with its key (who removes a client
ends its sessions), and when it is signed out: the file `session.ended` lists those until their time is over. The key
itself is not in the cookie.
"""

from __future__ import annotations

import hmac
import secrets
import time
from hashlib import sha256
from pathlib import Path

from elc.errors import ElcError
from elc.service.guard.storage import hold_folder, write_secret

LASTS_S = 12 * 3600  # ASSUME: a shift and the hand-over
DRIFT_S = 300  # ASSUME: that a clock is set back in daily life; a session of a clock that was further ahead is over
COOKIE = b"elc_session"
SECURE_COOKIE = b"__Host-elc_session"  # a browser takes this name over TLS only, and from this host alone
_SECRET_BYTES = 32


class Sessions:
    """Sign and read the cookies of sessions. `path` holds the secret; it is made when it is first needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._secret: bytes | None = None
        self._ended = Ended(path.with_name(f"{path.name}.ended"))

    def sign(self, identity: str) -> str:
        """Make the value of the cookie for whoever showed the key of this id.

        Raises:
            ElcError: the secret cannot be read or made.
        """
        text = f"{identity}.{int(time.time()) + LASTS_S}.{secrets.token_hex(8)}"
        return f"{text}.{self._build_mark(text)}"

    def read(self, value: bytes) -> str | None:
        """Read the key's id from a cookie; None where it was not signed here, is over, or lasts too long.

        Raises:
            ElcError: the secret cannot be read or made.
        """
        try:
            text, _, mark = value.decode("ascii").rpartition(".")
        except UnicodeDecodeError:
            return None
        if not hmac.compare_digest(self._build_mark(text), mark) or text.count(".") != 2:
            return None
        identity, until, number = text.split(".")
        left_s = int(until) - time.time()
        return identity if 0 < left_s <= LASTS_S + DRIFT_S and number not in self._ended.read() else None

    def end(self, value: bytes) -> None:
        """End the session of a cookie, for every worker; one that is over, or no session, stays so.

        Raises:
            ElcError: that cannot be written.
        """
        if self.read(value) is not None:
            _, until, number, _ = value.decode("ascii").split(".")
            self._ended.add(number, int(until))

    def _build_mark(self, text: str) -> str:
        return hmac.new(self._read_secret(), text.encode(), sha256).hexdigest()

    def _read_secret(self) -> bytes:
        if self._secret is None:
            self._secret = _read(self.path) or _make(self.path)
        return self._secret


class Ended:
    """The sessions that were signed out, by their numbers, each kept until it would be over anyway."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._numbers: dict[str, int] = {}

    def read(self) -> dict[str, int]:
        """Read until when each is kept, from memory where the file is as it was; a look takes some 2 us."""
        try:
            found = self._path.stat()
            stamp = found.st_mtime_ns, found.st_size, found.st_ino
            if stamp != self._stamp:
                lines = self._path.read_text(encoding="ascii").split()
                self._numbers = {number: int(until) for until, _, number in (line.partition(":") for line in lines)}
                self._stamp = stamp
        except FileNotFoundError:
            self._stamp, self._numbers = None, {}
        except (OSError, ValueError):
            raise ElcError(
                f"{self._path}: the sessions that ended cannot be read. "
                "Remove it together with the file session: everyone signs in again."
            ) from None
        return self._numbers

    def add(self, number: str, until: int) -> None:
        """Add one, and leave out those whose time is over.

        Raises:
            ElcError: it cannot be written.
        """
        with hold_folder(self._path.parent):
            now = time.time()
            kept = {one: end for one, end in self.read().items() if end > now} | {number: until}
            write_secret(self._path, "".join(f"{end}:{one}\n" for one, end in kept.items()).encode("ascii"))


def _read(path: Path) -> bytes | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ElcError(f"{path}: the secret of sessions cannot be read ({error.strerror}).") from None
    if len(content) != _SECRET_BYTES:
        raise ElcError(
            f"{path}: the secret of sessions has {len(content)} bytes, expected {_SECRET_BYTES}. "
            "Remove the file: another one is made, and everyone signs in again."
        )
    return content


def _make(path: Path) -> bytes:
    """Make the secret, once for all workers."""
    with hold_folder(path.parent):
        found = _read(path)
        if found is None:
            found = secrets.token_bytes(_SECRET_BYTES)
            write_secret(path, found)
    return found


def find_cookie(header: bytes) -> bytes | None:
    """Find the session's cookie in the header `cookie`; the one of TLS goes first."""
    found = dict(part.strip().partition(b"=")[::2] for part in header.split(b";"))
    return found.get(SECURE_COOKIE) or found.get(COOKIE)
