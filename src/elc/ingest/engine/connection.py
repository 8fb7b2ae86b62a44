"""Open the engine that the settings name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from elc.errors import ElcError
from elc.ingest.engine.duck import connect_duckdb, find_duckdb_words
from elc.ingest.engine.protocol import Engine
from elc.ingest.engine.spark import connect_spark, find_spark_words
from elc.settings import EngineSettings


def count_connections(settings: EngineSettings) -> int:
    """How many connections work side by side: DuckDB's use one core each, Spark spreads its own work."""
    return os.cpu_count() or 1 if settings.name == "duckdb" else 1


@contextmanager
def connect(settings: EngineSettings, where: str) -> Iterator[Engine]:
    """Open the engine that runs the expressions.

    Raises:
        ElcError: the engine is not installed, or could not read a file (with its own words for the file and line).
    """
    opened: AbstractContextManager[Engine]
    opened = connect_duckdb(settings) if settings.name == "duckdb" else connect_spark(settings, where)
    with opened as engine:
        try:
            yield engine
        except Exception as error:
            said = find_duckdb_words(error) or find_spark_words(error)
            if said is None:
                raise
            said = " ".join(said.split())[:400]
            other = "" if settings.name == "duckdb" else ", or let DuckDB read it (engine.name)"
            raise ElcError(f"{where}: a file cannot be read: {said} Correct it, or export it again{other}.") from None
