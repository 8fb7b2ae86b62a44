"""Six hours of a plant's life, with all of its events, through the public commands: no hour is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from elc.paths import Project
from tests.life.life import live
from tests.life.story import EVENTS

pytestmark = [pytest.mark.slow, pytest.mark.long(reason="six hours of operation, each with its events")]


def test_six_hours_are_lived_without_a_fault(demo_project: Project, tmp_path: Path) -> None:
    lived = live(demo_project, tmp_path, ["fjord"], hours=6, say=lambda _: None)
    assert lived.faults == []
    assert len(lived.told) == len(EVENTS)
    assert lived.requests > 20
    assert lived.failed_requests == 0
