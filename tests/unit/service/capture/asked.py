"""Requests as the service keeps them, each row with a number of its own, so that a test can count them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from elc.captured import find_days
from elc.paths import Project
from elc.service.capture import Capture
from elc.service.capture.parts import find_parts, write_parts
from elc.service.measures import Measures
from elc.service.rows import AskedRows
from elc.settings import CaptureSettings

LOAD, AIR, FLUE = "load_t_per_h", "air_temp_degc", "flue_o2_pct"
PLANT = "fjord"
MOMENT = datetime(2026, 6, 20, 12, 30, tzinfo=UTC)
numbers = count(1)


def build_asked(rows: int, columns: Sequence[str] = (LOAD, AIR)) -> AskedRows:
    """Rows whose load is their number."""
    values = np.full((rows, len(columns)), 10.0)
    values[:, 0] = [next(numbers) for _ in range(rows)]
    return AskedRows(tuple(columns), values)


def build_loaded(plant: str = PLANT, version: str = "v1.0.0") -> Any:
    return SimpleNamespace(plant=plant, version=version)


def build_capture(project: Project, **changes: Any) -> Capture:
    settings = CaptureSettings(**{"share_frac": 1.0, "max_mib": 10.0, "flush_s": 10.0, **changes})
    return Capture(project, settings, Measures())


def write(project: Project, at: datetime, *, rows: int = 3, columns: Sequence[str] = (LOAD, AIR)) -> list[float]:
    """Write a part with some rows of a time; return their numbers."""
    asked = build_asked(rows, columns)
    batch = (at, "predict", "v1.0.0", asked.columns, asked.values)
    write_parts(project, PLANT, [batch], number=next(numbers))
    return [float(number) for number in asked.values[:, 0]]


def read_numbers(project: Project, *, are_parts_counted: bool) -> list[float]:
    """The numbers of all rows that are kept of the plant, in rising order."""
    paths = [*find_days(project, PLANT).values(), *(find_parts(project, PLANT) if are_parts_counted else [])]
    return sorted(number for path in paths for number in pq.read_table(path)[LOAD].to_pylist())
