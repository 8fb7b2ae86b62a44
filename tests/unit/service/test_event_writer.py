"""Events of swaps wait while the disk is full, and are written in their order once there is room."""

from __future__ import annotations

import errno

import pytest

from elc.service.versions import writer
from tests.unit.service.conftest import wait


def test_events_wait_for_room_in_their_order(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.02)
    made, written, faults, is_full = writer.EventWriter(), list[int](), list[int](), [True]
    made.tell_fault = lambda: faults.append(1)

    def write(number: int) -> None:
        if is_full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(number)

    for number in range(3):
        made.put(lambda number=number: write(number))
    wait(lambda: faults)
    assert written == []
    is_full[0] = False
    wait(lambda: written == [0, 1, 2])
    is_full[0] = True
    made.put(lambda: write(3))
    made.close()  # it does not wait for room
    assert (written, len(faults)) == ([0, 1, 2], 2)
    assert caplog.text.count("swaps cannot be written") == 2
