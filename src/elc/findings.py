"""Findings: doubtful facts about data or a model, kept as data so that they reach the report."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pandas as pd

from elc.paths import replace_file

COLUMNS = ["check", "sentence", "plant", "column", "start", "end", "hours", "values"]


@dataclass(frozen=True)
class Finding:
    """One doubtful fact: what was checked, in a sentence, about which column, from `start` to `end` (UTC)."""

    check: str
    sentence: str
    plant: str
    column: str
    start: datetime
    end: datetime
    values: dict[str, float] = field(default_factory=dict)


def build_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Build a table of findings, one row each, ordered by start, check and column."""
    rows = [
        {
            **{name: getattr(finding, name) for name in ("check", "sentence", "plant", "column")},
            "start": pd.Timestamp(finding.start).tz_convert("UTC"),
            "end": pd.Timestamp(finding.end).tz_convert("UTC"),
            "hours": (finding.end - finding.start).total_seconds() / 3600,
            "values": json.dumps(finding.values, sort_keys=True),
        }
        for finding in findings
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    for column in ("start", "end"):
        frame[column] = pd.to_datetime(frame[column], utc=True).astype("datetime64[us, UTC]")
    for column in ("check", "sentence", "plant", "column", "values"):
        frame[column] = frame[column].astype("str")
    frame["hours"] = frame["hours"].astype("float64")
    return frame.sort_values(["start", "check", "column"], kind="stable", ignore_index=True)


def join(*tables: pd.DataFrame) -> pd.DataFrame:
    """Join tables of findings into one, in order."""
    found = pd.concat(tables, ignore_index=True)
    return found.sort_values(["start", "check", "column"], kind="stable", ignore_index=True)


def summarise(findings: pd.DataFrame) -> pd.DataFrame:
    """Count findings and their hours by check and column."""
    grouped = findings.groupby(["check", "column"], sort=True)
    return grouped.agg(times=("hours", "size"), hours=("hours", "sum")).reset_index()


def write_findings(path: Path, findings: pd.DataFrame) -> None:
    """Write a table of findings as Parquet, whole or not at all."""
    with replace_file(path) as temporary:
        findings.to_parquet(temporary, index=False)


def read_findings(source: Path | bytes) -> pd.DataFrame:
    """Read a table of findings from a file, or from its bytes."""
    return pd.read_parquet(io.BytesIO(source) if isinstance(source, bytes) else source)
