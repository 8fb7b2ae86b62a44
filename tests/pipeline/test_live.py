"""The demo plants are played: hours come and go, a service answers beside, and the project stays as it was."""

from __future__ import annotations

import re

import pytest

from elc.paths import Project
from tests.conftest import git, run

pytestmark = [pytest.mark.slow, pytest.mark.long(reason="two hours are played, a service beside them")]


def test_two_hours_are_played(demo_project: Project) -> None:
    before = git(demo_project.root, "status", "--porcelain"), git(demo_project.root, "tag")
    done = run(demo_project.root, *["elc", "live", "--plant", "fjord", "--hours", "2", "--every", "0", "--port", "0"])
    assert done.returncode == 0, done.stderr[-2000:]
    hours = re.findall(r"^14 Nov 0[12]:00 UTC   fjord (no gap|[+-][\d.]+ GJ/h)", done.stdout, re.MULTILINE)
    assert len(hours) == 2, done.stdout
    assert "a crew strays" in done.stdout
    asked, failed = re.findall(r"([\d,]+) predictions were requested meanwhile; (\d+) failed", done.stdout)[0]
    assert int(asked.replace(",", "")) > 10
    assert failed == "0"
    assert (git(demo_project.root, "status", "--porcelain"), git(demo_project.root, "tag")) == before
