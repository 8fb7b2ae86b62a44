"""The partial results of an export as the cache keeps them: a file a month, each whole or not there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from elc.files import replace_file
from elc.ingest.sources import DAY_US


def name_month(day: int) -> str:
    """Name the month of a day, which is counted since 1970."""
    return str(np.datetime64(day, "D").astype("datetime64[M]"))


def name_months(days: Iterable[int]) -> set[str]:
    """Name the months of days."""
    return {name_month(day) for day in days}


def _name_file(cache: Path, month: str) -> Path:
    return cache / "months" / f"{month}.parquet"


def read_month(cache: Path, month: str) -> pa.Table | None:
    """Read the partial results of a month; None where they are not there, or not whole."""
    try:
        with pq.ParquetFile(_name_file(cache, month), page_checksum_verification=True) as file:
            return file.read(use_threads=False)
    except (OSError, pa.ArrowException):
        return None


def write_month(cache: Path, month: str, kept: Iterable[int], fresh: list[pa.Table]) -> pa.Table:
    """Replace the partial results of a month, keeping those of the days that have not changed; return them all."""
    first, end = (int((np.datetime64(month) + step).astype("datetime64[D]").astype(int)) for step in (0, 1))
    tables = []
    for table in fresh:
        day = _find_day(table)
        tables.append(table.filter(pc.and_(pc.greater_equal(day, first), pc.less(day, end))))
    former = read_month(cache, month)
    if former is not None:
        tables.append(former.filter(pc.is_in(_find_day(former), pa.array(sorted(kept), pa.int64()))))
    joined = pa.concat_tables(tables).unify_dictionaries()
    with replace_file(_name_file(cache, month)) as temporary:
        pq.write_table(joined, temporary, compression="lz4", use_dictionary=["tag"], write_page_checksum=True)
    return joined


def _find_day(table: pa.Table) -> pa.ChunkedArray:
    return pc.divide(table["start"].cast(pa.timestamp("us")).cast(pa.int64()), DAY_US)
