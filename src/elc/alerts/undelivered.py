"""What keeps a message from its receiver, in words that give away neither address, user nor password."""

from __future__ import annotations

import os
import socket
import ssl

from elc.errors import ElcError


class UndeliveredError(ElcError):
    """A message that its receiver did not take; `is_down` where another one would fare no better now."""

    def __init__(self, text: str, *, is_down: bool) -> None:
        super().__init__(text)
        self.is_down = is_down


def describe(error: BaseException) -> str:
    """Describe a failed exchange by its kind; its text may hold the URL."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time (timeout_s)"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "TLS could not be agreed on"
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return "its name is not known here"
    if isinstance(error, OSError) and error.errno:
        return f"it cannot be reached: {os.strerror(error.errno)}"
    return "it closed the connection, or its answer is of another protocol"
