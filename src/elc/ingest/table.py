"""The hourly table of a plant as a file, with the findings about it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from elc.errors import ElcError
from elc.fields import TIME
from elc.files import replace_file
from elc.findings import write_findings
from elc.ingest.contract import check_contract
from elc.settings import StageSettings, TagList


def write_hourly(
    folder: Path, hourly: pd.DataFrame, findings: pd.DataFrame, tags: TagList, settings: StageSettings
) -> None:
    """Write the hourly table and its findings, each whole or not at all.

    Raises:
        ElcError: the table breaks its contract.
    """
    plant = settings.plant
    check_contract(
        hourly,
        tags,
        plant.carriers,
        interval=plant.interval,
        weather=settings.ingest.weather,
        where=f"plant {tags.plant}: hourly table",
    )
    write_findings(folder / "findings.parquet", findings)
    with replace_file(folder / "hourly.parquet") as temporary:
        hourly.to_parquet(temporary, index=False)


def read_hourly(folder: Path) -> pd.DataFrame:
    """Read the hourly table, in time order.

    Raises:
        ElcError: there is none.
    """
    path, plant = folder / "hourly.parquet", folder.name
    if not path.is_file():
        raise ElcError(
            f"plant {plant}: {path} was not found. In a fresh clone, fetch it with dvc pull data/hourly/{plant}; else "
            f"make it with dvc repro ingest@{plant}, or for an environment with elc hourly."
        )
    return pd.read_parquet(path).sort_values(TIME, ignore_index=True)
