"""Write and read what was explained."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from elc.findings import read_findings, write_findings
from elc.paths import replace_file


def write_shares(folder: Path, period: pd.DataFrame, last: pd.DataFrame, findings: pd.DataFrame) -> None:
    """Write the shares of the last days (`period.parquet`), of the last judged hour (`last.parquet`), findings."""
    for name, shares in (("period", period), ("last", last)):
        with replace_file(folder / f"{name}.parquet") as temporary:
            shares.astype({"setpoint": "str"}).to_parquet(temporary, index=False)
    write_findings(folder / "findings.parquet", findings)


def read_shares(folder: Path) -> pd.DataFrame:
    """Read the shares of the last judged hour."""
    return pd.read_parquet(folder / "last.parquet")


def read_drift(folder: Path) -> pd.DataFrame:
    """Read the findings about a ranking of drivers or set-points that is not that of training."""
    return read_findings(folder / "findings.parquet")
