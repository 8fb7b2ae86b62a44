"""Spark as the engine, on this machine or a cluster; an extra that is imported only where it is asked for."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from elc.errors import ElcError
from elc.settings import EngineSettings

LOCAL_PARTITIONS = 4  # on one machine; the usual 200 are for a cluster, and cost more than a small query
NUMBER = r"^(?i)\s*[+-]?(([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]+)?|nan|inf(inity)?)\s*$"


class SparkEngine:
    """Spark, on this machine or a cluster, in UTC."""

    def __init__(self, session: Any) -> None:
        self.session = session
        with warnings.catch_warnings():
            # What is used of it here hands over Arrow tables, not frames of pandas.
            warnings.filterwarnings(
                "ignore", message="PySpark does not yet fully support pandas", category=FutureWarning
            )
            self.backend = ibis.pyspark.connect(session)

    def read_parquet(self, paths: Sequence[Path]) -> ir.Table:
        return self._read(self.session.read.parquet(*[_escape_hadoop(path) for path in paths]))

    def read_csv(
        self, paths: Sequence[Path], *, columns: tuple[str, ...], delimiter: str, encoding: str, is_gzip: bool
    ) -> ir.Table:
        if encoding == "utf-16":
            raise ElcError(f"{paths[0].name}: is UTF-16, which Spark cannot read line by line. Save it as UTF-8.")
        _check_gzip(paths, is_gzip)
        reader = self.session.read.options(
            header=True, sep=delimiter, encoding=encoding, quote='"', escape='"', mode="FAILFAST"
        )
        schema = ibis.schema(dict.fromkeys(columns, "string"))
        return self._read(reader.schema(_build_schema(schema)).csv([_escape_hadoop(path) for path in paths]))

    def read_json(self, paths: Sequence[Path], *, schema: ibis.Schema, is_lines: bool, is_gzip: bool) -> ir.Table:
        _check_gzip(paths, is_gzip)
        reader = self.session.read.options(multiLine=not is_lines, mode="FAILFAST").schema(_build_schema(schema))
        return self._read(reader.json([_escape_hadoop(path) for path in paths]))

    def take_rows(self, rows: pd.DataFrame, schema: ibis.Schema) -> ir.Table:
        # A table of Ibis's own in memory would be created only where Ibis runs the expression.
        table = pa.Table.from_pandas(rows[list(schema)], preserve_index=False)
        return self._read(self.session.createDataFrame(table)).cast(schema)

    def parse_time(self, text: ir.StringValue, pattern: str) -> ir.TimestampValue:
        return text.as_timestamp(_quote_letters(pattern)).cast("timestamp")

    def parse_number(self, text: ir.StringValue) -> ir.FloatingValue:
        # Spark reads 12f and 12d as twelve.
        return text.re_search(NUMBER).ifelse(text, None).try_cast("float64")

    def build_time(self, micros: ir.IntegerValue) -> ir.TimestampValue:
        return _timestamp_micros(micros).cast("timestamp")

    def number_rows(self) -> ir.IntegerValue:
        return _monotonically_increasing_id()

    def execute(self, table: ir.Table) -> pd.DataFrame:
        frame: pd.DataFrame = self.read_arrow(table).to_pandas()
        return frame

    def read_arrow(self, table: ir.Table) -> pa.Table:
        rows = self.session.sql(self.backend.compile(table)).toArrow()
        return rows.cast(table.schema().to_pyarrow())

    def write_parquet(self, table: ir.Table, path: Path) -> None:
        pq.write_table(self.read_arrow(table), path)  # Spark itself would write a folder

    def _read(self, frame: Any) -> ir.Table:
        name = ibis.util.gen_name("export")
        frame.createOrReplaceTempView(name)
        return self.backend.table(name)


def _quote_letters(pattern: str) -> str:
    """Quote what is not a directive of strftime: to Spark a letter is one, as the Z behind a time in UTC."""
    return re.sub(r"%.|[A-Za-z]+", lambda found: found[0] if found[0][0] == "%" else f"'{found[0]}'", pattern)


def _escape_hadoop(path: Path) -> str:
    """Hadoop reads a path as a glob."""
    return re.sub(r"([\[\]{}*?\\,])", r"\\\1", str(path.absolute()))


def _check_gzip(paths: Sequence[Path], is_gzip: bool) -> None:
    odd = [path.name for path in paths if is_gzip != (path.suffix == ".gz")]
    if odd:
        raise ElcError(f"{odd[0]}: Spark recognizes gzip by the ending .gz only. Rename the file, or unpack it.")


def _build_schema(schema: ibis.Schema) -> Any:
    from ibis.backends.pyspark.datatypes import PySparkSchema

    return PySparkSchema.from_ibis(schema)


@ibis.udf.scalar.builtin(name="timestamp_micros")  # type: ignore[untyped-decorator]
def _timestamp_micros(micros: int) -> ibis.dtype("timestamp('UTC')"):  # type: ignore[valid-type]
    """Spark's time from microseconds."""


@ibis.udf.scalar.builtin(name="monotonically_increasing_id")  # type: ignore[untyped-decorator]
def _monotonically_increasing_id() -> ibis.dtype("int64"):  # type: ignore[valid-type]
    """Spark's number of a row, larger than that of every row before it."""


@contextmanager
def connect_spark(settings: EngineSettings, where: str) -> Iterator[SparkEngine]:
    """Open a Spark session, or take the one that is open.

    Raises:
        ElcError: Spark is not installed.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise ElcError(f'{where}: engine.name is spark, which is not installed: pip install ".[spark]"') from None
    found = SparkSession.getActiveSession()
    options: dict[str, bool | float | int | str | None] = {
        "spark.driver.memory": f"{int(settings.memory_gib * 1024)}m",
        "spark.log.level": "FATAL",
        "spark.sql.ansi.enabled": "false",
        "spark.sql.csv.parser.columnPruning.enabled": "false",  # or a ragged row passes unseen
        "spark.sql.legacy.parquet.nanosAsLong": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if settings.master.startswith("local"):
        options["spark.sql.shuffle.partitions"] = LOCAL_PARTITIONS
    session = SparkSession.builder.master(settings.master).config(map=options).getOrCreate()
    try:
        yield SparkEngine(session)
    finally:
        if found is None:
            session.stop()


def find_spark_words(error: Exception) -> str | None:
    """Find what Spark says of a file: the first cause of it all; None for another's error."""
    if type(error).__module__.split(".")[0] not in ("pyspark", "py4j"):
        return None
    text = str(error)
    causes = re.findall(r"(?:^|Caused by: )[\w.]+(?:Exception|Error): (.*)", text, re.MULTILINE)
    file = re.search(r"file:/\S+", text)
    return str(causes[-1] if causes else text) + (f" File: {file[0].rstrip('.')}." if file else "")
