"""Findings: doubtful facts about data or a model, kept as data so that they reach the report; and reasons.

A finding holds what its sentence needs, not the sentence, and so does a reason, which is kept in no file: `elc.pages`
says both, in the language of the page.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from elc.errors import ElcError
from elc.files import replace_file

COLUMNS = ["check", "kind", "plant", "column", "start", "end", "hours", "values"]
SENTENCE, WRITTEN = "sentence", "written"  # value and kind of a finding of a release that kept sentences
FORMER = {*COLUMNS, SENTENCE} - {"kind"}  # the columns that it wrote
_TEXTS = ["check", "kind", "plant", "column", "values"]
_ORDER = ["start", "check", "column"]


@dataclass(frozen=True)
class Kind:
    """What is said of a finding: its check, the name of the sentence where the check has several, and its needs.

    `needs` names the values that the sentence is made of, beside the plant, the column and the times.
    """

    check: str
    name: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One doubtful fact: its kind, about which column, from `start` to `end` (UTC), and the values behind it.

    Values are what JSON knows; times among them are ISO 8601.

    Raises:
        ValueError: a value that its sentence needs is missing.
    """

    kind: Kind
    plant: str
    column: str
    start: datetime
    end: datetime
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if missing := [name for name in self.kind.needs if name not in self.values]:
            raise ValueError(f"finding {self.check} {self.kind.name}: is missing the values {', '.join(missing)}")

    @property
    def check(self) -> str:
        return self.kind.check


@dataclass(frozen=True)
class Reason:
    """Why something is so, or is asked for, as data: its name, and the values that its sentence is made of."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


def build_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Build a table of findings, one row each, ordered by start, check and column; `values` are JSON."""
    listed, encode = list(findings), json.JSONEncoder(sort_keys=True).encode
    columns = {
        "check": [finding.check for finding in listed],
        "kind": [finding.kind.name for finding in listed],
        "plant": [finding.plant for finding in listed],
        "column": [finding.column for finding in listed],
        "start": _build_times(finding.start for finding in listed),
        "end": _build_times(finding.end for finding in listed),
        "hours": [(finding.end - finding.start).total_seconds() / 3600 for finding in listed],
        "values": [encode(finding.values) for finding in listed],
    }
    frame = pd.DataFrame(columns).astype(dict.fromkeys(_TEXTS, "str") | {"hours": "float64"})
    return frame.sort_values(_ORDER, kind="stable", ignore_index=True)


def _build_times(times: Iterable[datetime]) -> pd.DatetimeIndex:
    """Build a column of times; one without a zone is refused, for nobody knows which it is of."""
    return pd.to_datetime([pd.Timestamp(time).tz_convert("UTC") for time in times], utc=True).as_unit("us")


def list_findings(table: pd.DataFrame) -> Iterator[Finding]:
    """List the findings of a table, in its order."""
    for row in table.to_dict("records"):
        kind = Kind(row["check"], row["kind"])
        yield Finding(kind, row["plant"], row["column"], row["start"], row["end"], json.loads(row["values"]))


def build_record(finding: Finding) -> dict[str, Any]:
    """Build what JSON keeps of a finding."""
    return {
        "check": finding.check,
        "kind": finding.kind.name,
        "plant": finding.plant,
        "column": finding.column,
        "start": finding.start.isoformat(),
        "end": finding.end.isoformat(),
        "values": dict(finding.values),
    }


def read_record(record: Mapping[str, Any]) -> Finding:
    """Read a finding from what `build_record` built of it."""
    start, end = (datetime.fromisoformat(record[name]) for name in ("start", "end"))
    kind = Kind(record["check"], record["kind"])
    return Finding(kind, record["plant"], record["column"], start, end, record["values"])


def join(*tables: pd.DataFrame) -> pd.DataFrame:
    """Join tables of findings into one, in order."""
    return pd.concat(tables, ignore_index=True).sort_values(_ORDER, kind="stable", ignore_index=True)


def summarise(findings: pd.DataFrame) -> pd.DataFrame:
    """Count findings and their hours by check and column."""
    grouped = findings.groupby(["check", "column"], sort=True)
    return grouped.agg(times=("hours", "size"), hours=("hours", "sum")).reset_index()


def write_findings(path: Path, findings: pd.DataFrame) -> None:
    """Write a table of findings as Parquet, whole or not at all."""
    with replace_file(path) as temporary:
        findings[COLUMNS].to_parquet(temporary, index=False)


def read_findings(source: Path | bytes) -> pd.DataFrame:
    """Read a table of findings from a file, or from its bytes in a model package.

    A release that kept sentences wrote those in place of kinds: they are read as values of the kind `written`.

    Raises:
        ElcError: it is another table.
    """
    table = pd.read_parquet(io.BytesIO(source) if isinstance(source, bytes) else source)
    if set(table.columns) == FORMER:
        table = _take_over(table)
    if list(table.columns) != COLUMNS:
        where = "findings.parquet of the model package" if isinstance(source, bytes) else str(source)
        raise ElcError(
            f"{where}: has the columns {', '.join(table.columns)}, expected {', '.join(COLUMNS)}. Run again the stage "
            "that writes it."
        )
    return table


def _take_over(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the sentences of a table as values, beside those that it has."""
    pairs = zip(table["values"], table[SENTENCE], strict=True)
    kept = [json.dumps(json.loads(values) | {SENTENCE: sentence}, sort_keys=True) for values, sentence in pairs]
    return table.assign(kind=WRITTEN, values=kept).astype(dict.fromkeys(_TEXTS, "str"))[COLUMNS]
