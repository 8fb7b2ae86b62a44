"""A sign of life for systemd (sd_notify(3)): where none comes for WatchdogSec, the process is started again."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

ADDRESS = "NOTIFY_SOCKET"
BEAT_S = 5.0  # between two signs; the units of ops/ wait for many times that


def give_sign() -> None:
    """Tell systemd that work goes on. Nothing is done, and nothing fails, where nobody waits for it."""
    address = os.environ.get(ADDRESS, "")
    if not address.startswith(("/", "@")):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        sender.sendto(b"WATCHDOG=1", address.replace("@", "\0", 1) if address[0] == "@" else address)
