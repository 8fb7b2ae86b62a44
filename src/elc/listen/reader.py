"""Messages of a broker, read in a thread of their own: the one that keeps the connection only takes them in.

A message that cannot be read is tried twice, and then rejected whole, also where the process ended over it: which
message is being read stands on the disk.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from elc.listen.intake import Intake
from elc.listen.log import write_log_seldom
from elc.listen.model import SHOWN_CHARACTERS, Delivery

TRIES = 2
LOOK_S = 1.0
# ASSUME: no honest message is longer. Azure and AWS take 256 and 128 KiB.
MOST_BYTES = 8 << 20
MOST_WAITING_BYTES = 64 << 20
OVERHEAD_BYTES = 500  # of each
LONGEST_WAIT_S = 10.0  # of the thread that keeps the connection; the broker ends it after 45 s


@dataclass(frozen=True)
class ReceivedMessage:
    """One message. `connection` counts the connections: what is known of nodes holds in one alone.

    `confirm` is None where the broker waits for no receipt, and would not send it again. One with a `fault` is cut.
    """

    topic: str
    payload: bytes
    is_again: bool
    connection: int
    confirm: Callable[[], None] | None
    fault: str = ""


class Form(Protocol):
    """Knows what the messages of one broker are."""

    def read(self, message: ReceivedMessage) -> Sequence[Delivery]:
        """Read a message: what it brought, and what others that had waited for it did."""

    def refuse(self, message: ReceivedMessage, reason: str) -> Delivery:
        """Reject a message whole."""

    def look(self) -> Sequence[Delivery]:
        """Give what has waited long enough."""

    def close(self) -> Sequence[Delivery]:
        """Give what waits and would not come again."""


class Tries:
    """How often the process has ended while a message was read; `path` holds the one that is being read now."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._former: dict[str, int] = {}
        words = path.read_bytes()[:100].decode("ascii", "replace").split() if path.exists() else []
        if len(words) == 2 and words[1] in map(str, range(1, TRIES + 1)):
            self._former[words[0]] = int(words[1])
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def begin(self, payload: bytes) -> bool:
        """Note that a message is being read; False where it was tried too often already."""
        digest = hashlib.blake2b(payload, digest_size=16).hexdigest()
        tries = self._former.get(digest, 0) + 1 if self._former else 1
        if tries > TRIES:
            return False
        os.pwrite(self._file, f"{digest} {tries}\n".encode(), 0)
        return True

    def end(self) -> None:
        """Note that nothing is being read."""
        os.pwrite(self._file, b" " * 35, 0)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class MessageReader:
    """Reads what one broker sends, in its order, and puts it into the intake."""

    def __init__(self, source: str, form: Form, intake: Intake, tries: Tries) -> None:
        self._source, self._form, self._intake, self._tries = source, form, intake, tries
        self._waiting: deque[ReceivedMessage] = deque()
        self._size = 0
        self._changed = threading.Condition()
        self._is_full = self.is_stopping = False
        self._thread = threading.Thread(target=self._run, name=f"read-{source}", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read what would not come again, and end."""
        with self._changed:
            self.is_stopping = True
            self._changed.notify_all()
        self._thread.join()
        self._tries.close()

    def put(self, message: ReceivedMessage) -> None:
        """Take a message in; wait a little where too much waits, and then lose one that nobody sends again."""
        if (length := len(message.payload)) > MOST_BYTES:
            fault = f"is of {length:,} bytes, expected no more than {MOST_BYTES:,}"
            message = replace(message, payload=message.payload[:SHOWN_CHARACTERS], fault=fault)
        size = len(message.payload) + OVERHEAD_BYTES
        with self._changed:
            end = time.monotonic() + (0 if self._is_full else LONGEST_WAIT_S)
            while self._is_over(size) and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)
            self._is_full = self._is_over(size)
            if self._is_full and message.confirm is None:
                self._intake.drop(1)
                write_log_seldom("error", "lost", source=self._source, reason="messages come faster than they are read")
                return
            self._waiting.append(message)
            self._size += size
            self._changed.notify_all()

    def _is_over(self, size: int) -> bool:
        return bool(self._waiting) and self._size + size > MOST_WAITING_BYTES

    def _take(self) -> ReceivedMessage | None:
        with self._changed:
            if not self._waiting and not self.is_stopping:
                self._changed.wait(LOOK_S)
            if not self._waiting:
                return None
            message = self._waiting.popleft()
            self._size -= len(message.payload) + OVERHEAD_BYTES
            self._changed.notify_all()
            return message

    def _run(self) -> None:
        while True:
            message = self._take()
            if message is not None and not (self.is_stopping and message.confirm):
                self._pass_on(self._read(message))
            elif message is None and self.is_stopping:
                break
            self._pass_on(self._form.look())
        self._pass_on(self._form.close())

    def _pass_on(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._intake.put(delivery)

    def _read(self, message: ReceivedMessage) -> Sequence[Delivery]:
        if message.fault:
            return [self._refuse(message, message.fault)]
        if not self._tries.begin(message.payload):
            return [self._refuse(message, f"elc listen ended {TRIES} times while reading it")]
        fault = ""
        for number in range(TRIES):
            try:
                found = self._form.read(replace(message, is_again=message.is_again or number > 0))
            except Exception as error:  # a message must never end the thread
                fault = repr(error)[:SHOWN_CHARACTERS]
            else:
                self._tries.end()
                return found
        self._tries.end()
        return [self._refuse(message, f"cannot be read: {fault}")]

    def _refuse(self, message: ReceivedMessage, reason: str) -> Delivery:
        topic = message.topic[:200]
        write_log_seldom("error", "rejected_whole", source=self._source, topic=topic, reason=reason)
        return self._form.refuse(message, reason)
