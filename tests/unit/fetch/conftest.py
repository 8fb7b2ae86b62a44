"""What the tests of fetching start, and end whatever comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from elc.fetch import ask
from tests.unit.fetch.site import Site, make_site


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for seconds between two attempts."""
    monkeypatch.setattr(ask, "PAUSES_S", (0.01, 0.01))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return make_site(tmp_path)
