"""Some hours of a life, with every event: the same as `make life`, which goes on for as long as it is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from elc.paths import Project
from tests.life.life import live

pytestmark = pytest.mark.slow
HOURS = 6


def test_a_plant_lives_through_hours_without_a_fault(demo_project: Project, tmp_path: Path) -> None:
    lived = live(demo_project, tmp_path / "project", ["fjord"], hours=HOURS, say=lambda _: None)
    assert lived.faults == []
    assert len(lived.told) >= HOURS
    assert lived.requests > HOURS
    assert lived.failed_requests == 0
