"""The session of a browser: a cookie that says which key was shown and when, signed by HMAC-SHA256.

No session is kept, so every worker knows every one. A session ends with its time, with its key (who removes a client
ends its sessions), and when it is signed out: the file `session.ended` lists those until their time is over. The key
itself is not in the cookie.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from pathlib import Path

from itsdangerous import BadSignature, TimestampSigner

from elc.errors import ElcError
from elc.files.secret import hold_secrets, write_secret

LASTS_S = 12 * 3600  # ASSUME: a shift and the hand-over
DRIFT_S = 300  # ASSUME: that a clock is set back in daily life; a session of a clock that was further ahead is over
COOKIE = b"elc_session"
# A browser takes these names over TLS only; the first from this host alone, and for all of its paths.
HOST_COOKIE, SECURE_COOKIE = b"__Host-elc_session", b"__Secure-elc_session"
COOKIES = (HOST_COOKIE, SECURE_COOKIE, COOKIE)
MOST_COOKIES = 4  # that are looked at: services on other paths or ports of the host have theirs
_SECRET_BYTES = 32


class Sessions:
    """Sign and read the cookies of sessions. `path` holds the secret; it is made when it is first needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._signer: TimestampSigner | None = None
        self._ended = Ended(path.with_name(f"{path.name}.ended"))

    def sign(self, identity: str) -> str:
        """Make the value of the cookie for whoever showed the key of this id.

        Raises:
            ElcError: the secret cannot be read or made.
        """
        return self._open().sign(f"{identity}.{secrets.token_hex(8)}").decode("ascii")

    def read(self, value: bytes) -> str | None:
        """Read the key's id from a cookie; None where it was not signed here, is over, or is of a later time.

        Raises:
            ElcError: the secret cannot be read or made.
        """
        session = self._read(value)
        return session[0] if session else None

    def end(self, value: bytes) -> None:
        """End the session of a cookie, for every worker; one that is over, or no session, stays so.

        Raises:
            ElcError: that cannot be written.
        """
        session = self._read(value)
        if session:
            self._ended.add(session[1], session[2])

    def _read(self, value: bytes) -> tuple[str, str, int] | None:
        """Read the key's id, the number of the session, and until when it lasts."""
        signer = self._open()
        try:
            text, signed = signer.unsign(value, return_timestamp=True)
        except BadSignature:
            return None
        # One signature has several spellings in base64; only ours is taken.
        if not value.endswith(b"." + signer.get_signature(value.rpartition(b".")[0])):
            return None
        identity, number = text.decode("ascii").split(".")
        until = int(signed.timestamp()) + LASTS_S
        is_open = 0 < until - time.time() <= LASTS_S + DRIFT_S
        return (identity, number, until) if is_open and number not in self._ended.read() else None

    def _open(self) -> TimestampSigner:
        if self._signer is None:
            secret = _read(self.path) or _make(self.path)
            self._signer = TimestampSigner(
                secret, salt=b"elc.session", key_derivation="hmac", digest_method=hashlib.sha256
            )
        return self._signer


class Ended:
    """The sessions that were signed out, by their numbers, each kept until it would be over anyway."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._numbers: dict[str, int] = {}

    def read(self) -> dict[str, int]:
        """Read until when each is kept, from memory where the file is as it was; a look takes some 2 us."""
        try:
            status = self._path.stat()
            stamp = status.st_mtime_ns, status.st_size, status.st_ino
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
        with hold_secrets(self._path.parent):
            now = time.time()
            kept = {ended: end for ended, end in self.read().items() if end > now} | {number: until}
            write_secret(self._path, "".join(f"{end}:{ended}\n" for ended, end in kept.items()).encode("ascii"))


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
    with hold_secrets(path.parent):
        secret = _read(path)
        if secret is None:
            secret = secrets.token_bytes(_SECRET_BYTES)
            write_secret(path, secret)
    return secret


def name_cookie(*, is_secure: bool, is_whole_host: bool) -> bytes:
    """Name the cookie; `is_whole_host`: it is sent to all paths of the host."""
    if not is_secure:
        return COOKIE
    return HOST_COOKIE if is_whole_host else SECURE_COOKIE


def find_cookies(header: bytes) -> list[bytes]:
    """Find the cookies of sessions in the header `cookie`, those of TLS first; another service's may be among them."""
    parts = [part.strip().partition(b"=")[::2] for part in header.split(b";")]
    return [value for name in COOKIES for cookie, value in parts if cookie == name and value][:MOST_COOKIES]
