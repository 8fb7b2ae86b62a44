"""Findings with a sentence of the test's own, as a release wrote them that kept sentences."""

from __future__ import annotations

from datetime import datetime

from elc.findings import SENTENCE, WRITTEN, Finding, Kind


def build_written(check: str, sentence: str, plant: str, column: str, start: datetime, end: datetime) -> Finding:
    return Finding(Kind(check, WRITTEN), plant, column, start, end, {SENTENCE: sentence})
