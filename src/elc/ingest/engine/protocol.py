"""What every engine can do, so that no stage asks which one it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa


class Engine(Protocol):
    """Read files as tables, and say in the engine's own words what the engines word differently."""

    def read_parquet(self, paths: Sequence[Path]) -> ir.Table:
        """Read Parquet files of one layout."""

    def read_csv(
        self, paths: Sequence[Path], *, columns: tuple[str, ...], delimiter: str, encoding: str, is_gzip: bool
    ) -> ir.Table:
        """Read CSV files of one layout: every column is text, and the first line is passed over."""

    def read_json(self, paths: Sequence[Path], *, schema: ibis.Schema, is_lines: bool, is_gzip: bool) -> ir.Table:
        """Read JSON files, a record a line or one array or object a file; `schema` ends in text everywhere."""

    def take_rows(self, rows: pd.DataFrame, schema: ibis.Schema) -> ir.Table:
        """Take rows that are in memory as a table."""

    def parse_time(self, text: ir.StringValue, pattern: str) -> ir.TimestampValue:
        """Parse by a pattern of strftime; NULL where the text does not follow it."""

    def parse_number(self, text: ir.StringValue) -> ir.FloatingValue:
        """Parse numbers with a decimal point; NULL where the text is none."""

    def build_time(self, micros: ir.IntegerValue) -> ir.TimestampValue:
        """Build times from microseconds since 1970."""

    def number_rows(self) -> ir.IntegerValue:
        """Number the rows of one file in their order."""

    def execute(self, table: ir.Table) -> pd.DataFrame:
        """Run an expression."""

    def read_arrow(self, table: ir.Table) -> pa.Table:
        """Run an expression whose result may be long."""

    def write_parquet(self, table: ir.Table, path: Path) -> None:
        """Run an expression and write its rows as one Parquet file, in their order."""
