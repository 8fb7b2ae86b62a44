"""The session of a browser: a cookie that says which key was shown and until when, signed by HMAC-SHA256.

Nothing is kept in memory, so every worker knows every session. A session ends with its time, and with its key: who
removes a client ends its sessions. The key itself is not in the cookie.
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

    def sign(self, identity: str) -> str:
        """Make the value of the cookie for whoever showed the key of this id.

        Raises:
            ElcError: the secret cannot be read or made.
        """
        text = f"{identity}.{int(time.time()) + LASTS_S}"
        return f"{text}.{self._build_mark(text)}"

    def read(self, value: bytes) -> str | None:
        """Read the key's id from a cookie; None where it was not signed here, is over, or lasts too long.

        Raises:
            ElcError: the secret cannot be read or made.
        """
        try:
            text, _, mark = value.decode("ascii").rpartition(".")
            identity, _, until = text.partition(".")
        except UnicodeDecodeError:
            return None
        if not hmac.compare_digest(self._build_mark(text), mark):
            return None
        left_s = int(until) - time.time()
        return identity if 0 < left_s <= LASTS_S + DRIFT_S else None

    def _build_mark(self, text: str) -> str:
        return hmac.new(self._read_secret(), text.encode(), sha256).hexdigest()

    def _read_secret(self) -> bytes:
        if self._secret is None:
            self._secret = _read(self.path) or _make(self.path)
        return self._secret


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
