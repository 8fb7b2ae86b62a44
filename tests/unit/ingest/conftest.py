"""Readings in, hourly table and findings out, through files as an export has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from elc import ingest
from elc.settings import TagList
from tests.unit.ingest.exports import TAGS, build_settings

Read = Callable[..., tuple[pd.DataFrame, pd.DataFrame]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write readings as an export and read it; the keywords are those of `build_settings`."""
    folder = tmp_path / "export"
    folder.mkdir()

    def read_readings(
        readings: pd.DataFrame, *, tags: TagList = TAGS, **given: object
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        readings.to_parquet(folder / "export.parquet")
        hourly, _, findings = ingest.read_export(folder, tags, build_settings(**given), cache=tmp_path / "cache")
        return hourly, findings

    return read_readings
