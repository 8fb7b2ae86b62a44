"""A sign of life for systemd (sd_notify(3)): where none comes for WatchdogSec, the process is started again.

systemd hears the signs of all workers together, so one of several that hangs has to end by itself.
"""

from __future__ import annotations

import faulthandler
import os
import socket
from contextlib import suppress

ADDRESS = "NOTIFY_SOCKET"
BEAT_S = 5.0  # between two signs; the units of ops/ wait for many times that

HUNG_S = 60.0  # ASSUME: no work of an event loop takes so long


def end_if_hung() -> None:
    """Let the process end, with where it was on the standard error, unless this is called again within `HUNG_S`.

    The time is kept outside of Python, so that code which gives nothing else a turn is ended, too.
    """
    faulthandler.dump_traceback_later(HUNG_S, exit=True)


def give_sign() -> None:
    """Tell systemd that work goes on. Nothing is done, and nothing fails, where nobody waits for it."""
    address = os.environ.get(ADDRESS, "")
    if not address.startswith(("/", "@")):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        sender.sendto(b"WATCHDOG=1", address.replace("@", "\0", 1) if address[0] == "@" else address)
