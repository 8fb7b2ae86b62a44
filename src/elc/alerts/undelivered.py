"""What keeps a message from its receiver, in words that give away neither address, user nor password."""

from __future__ import annotations

import os
import socket
import ssl
import urllib.error

from elc.errors import ElcError


class UndeliveredError(ElcError):
    """A message that its receiver did not take; `is_down` where another one would fare no better now."""

    def __init__(self, text: str, *, is_down: bool) -> None:
        super().__init__(text)
        self.is_down = is_down


def describe(error: Exception) -> str:
    """Describe a failed exchange by its kind; the text of an error may hold the URL."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return "it did not answer in time (timeout_s)"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {reason.verify_message}"
    if isinstance(reason, ssl.SSLError):
        return "TLS could not be agreed on"
    if isinstance(reason, (socket.gaierror, UnicodeError)):
        return "its name is not known here"
    if isinstance(reason, OSError) and reason.errno:
        return f"it cannot be reached: {os.strerror(reason.errno)}"
    return "it closed the connection, or its answer is of another protocol"
