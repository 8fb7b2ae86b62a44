"""DuckDB as the engine."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from elc.settings import EngineSettings


class DuckEngine:
    """DuckDB in this process, in UTC, out of core."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def read_parquet(self, paths: Sequence[Path]) -> ir.Table:
        return self.backend.read_parquet([_escape(path) for path in paths], hive_partitioning=False)

    def read_csv(
        self, paths: Sequence[Path], *, columns: tuple[str, ...], delimiter: str, encoding: str, is_gzip: bool
    ) -> ir.Table:
        return self.backend.read_csv(
            [_escape(path) for path in paths],
            columns=dict.fromkeys(columns, "VARCHAR"),
            delim=delimiter,
            encoding=encoding,
            compression="gzip" if is_gzip else "none",
            auto_detect=False,
            header=False,
            skip=1,
            quote='"',
            hive_partitioning=False,
        )

    def read_json(self, paths: Sequence[Path], *, schema: ibis.Schema, is_lines: bool, is_gzip: bool) -> ir.Table:
        mapper = self.backend.compiler.type_mapper
        return self.backend.read_json(
            [_escape(path) for path in paths],
            columns={name: mapper.to_string(kind) for name, kind in schema.items()},
            format="newline_delimited" if is_lines else "auto",
            compression="gzip" if is_gzip else "uncompressed",
            hive_partitioning=False,
        )

    def take_rows(self, rows: pd.DataFrame, schema: ibis.Schema) -> ir.Table:
        return ibis.memtable(rows[list(schema)]).cast(schema)

    def parse_time(self, text: ir.StringValue, pattern: str) -> ir.TimestampValue:
        return _try_strptime(text, pattern).cast("timestamp")

    def parse_number(self, text: ir.StringValue) -> ir.FloatingValue:
        # DuckDB reads 1_000 as a thousand.
        return text.contains("_").ifelse(None, text).try_cast("float64")

    def build_time(self, micros: ir.IntegerValue) -> ir.TimestampValue:
        return _make_timestamp(micros)

    def number_rows(self) -> ir.IntegerValue:
        return ibis.row_number()

    def execute(self, table: ir.Table) -> pd.DataFrame:
        frame: pd.DataFrame = self.backend.execute(table)
        return frame

    def read_arrow(self, table: ir.Table) -> pa.Table:
        return self.backend.to_pyarrow(table)

    def write_parquet(self, table: ir.Table, path: Path) -> None:
        try:
            self.backend.to_parquet(table, path)
        except duckdb.IOException as error:
            number = re.search(r'"errno":"(\d+)"', str(error))
            if number is None:
                raise
            raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from None


def _escape(path: Path) -> str:
    """DuckDB reads a path as a glob."""
    return re.sub(r"([\[*?])", r"[\1]", str(path))


@ibis.udf.scalar.builtin(name="try_strptime")  # type: ignore[untyped-decorator]
def _try_strptime(text: str, pattern: str) -> ibis.dtype("timestamp"):  # type: ignore[valid-type]
    """DuckDB's parser that gives NULL for a text it cannot read."""


@ibis.udf.scalar.builtin(name="make_timestamp")  # type: ignore[untyped-decorator]
def _make_timestamp(micros: int) -> ibis.dtype("timestamp"):  # type: ignore[valid-type]
    """DuckDB's time from microseconds."""


@contextmanager
def connect_duckdb(settings: EngineSettings) -> Iterator[DuckEngine]:
    """Open DuckDB in this process; what does not fit in its memory goes to a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="elc-") as folder:
        # One thread: stages open several connections side by side.
        backend = ibis.duckdb.connect(
            threads=1,
            memory_limit=f"{settings.memory_gib}GiB",
            temp_directory=folder,
            preserve_insertion_order=False,
        )
        try:
            backend.raw_sql("SET TimeZone = 'UTC'")
            yield DuckEngine(backend)
        finally:
            backend.disconnect()


def find_duckdb_words(error: Exception) -> str | None:
    """Find what DuckDB says of a file, without its advice on its own options; None for another's error."""
    if not isinstance(error, duckdb.Error):
        return None
    text = str(error)
    file = re.search(r"^\s*file\s*=\s*(.*)$", text, re.MULTILINE)
    return re.split(r"\s*Possible |\s*Try setting ", text)[0] + (f" File: {file[1]}." if file else "")
