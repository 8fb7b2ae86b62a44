"""Write and read what was explained."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from elc.explain.gap import TYPES
from elc.files import replace_file
from elc.findings import build_frame, read_findings, write_findings


def write_shares(folder: Path, period: pd.DataFrame, last: pd.DataFrame, findings: pd.DataFrame) -> None:
    """Write the shares of the last days (`period.parquet`), of the last judged hour (`last.parquet`), findings."""
    for name, shares in (("period", period), ("last", last)):
        with replace_file(folder / f"{name}.parquet") as temporary:
            shares.astype(TYPES).to_parquet(temporary, index=False)
    write_findings(folder / "findings.parquet", findings)


def read_shares(folder: Path) -> pd.DataFrame:
    """Read the shares of the last judged hour, which `time_utc` names (`explain_gap`); no rows without a file."""
    path = folder / "last.parquet"
    found = pd.read_parquet(path) if path.is_file() else pd.DataFrame(columns=list(TYPES))
    return found.astype(TYPES)


def read_drift(folder: Path) -> pd.DataFrame:
    """Read the findings about a ranking of drivers or set-points that is not that of training; none without a file."""
    path = folder / "findings.parquet"
    return read_findings(path) if path.is_file() else build_frame([])
