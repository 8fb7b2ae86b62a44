"""Hours in a database: a table of plant, time, name and value, in which an hour that comes again replaces itself."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pandas as pd

from elc.fetch.source import SourceError
from elc.publish.hours import Hour
from elc.publish.target import UnwrittenError
from elc.settings import SqlTarget

KEY = "id"  # plant, time and name in one, because Ibis joins by one column


class SqlWriter:
    """One table of a database, connected to for each call. The database must know MERGE: PostgreSQL does from 15 on."""

    def __init__(self, name: str, settings: SqlTarget) -> None:
        self._settings, self._key = settings, f"publish.sql.{name}"
        self.place = f"{settings.url} {settings.table}"

    def write(self, hours: Sequence[Hour], *, newest: Hour) -> None:  # noqa: ARG002
        schema, _, table = self._settings.table.rpartition(".")
        connection = self._connect()
        try:
            self._make_table(connection, table, schema or None)
            connection.upsert(table, _build_rows(hours), KEY, database=schema or None)
        except Exception as error:  # the drivers of Ibis share no class of errors
            raise self._explain(error) from None
        finally:
            with suppress(Exception):
                connection.disconnect()

    def _connect(self) -> Any:
        import ibis

        from elc.fetch.sql import add_secret

        try:
            return ibis.connect(add_secret(self._settings.url, self._settings.secret, self._key))
        except SourceError as error:
            raise UnwrittenError(str(error)) from None
        except Exception as error:  # as above
            raise self._explain(error) from None

    def _make_table(self, connection: Any, table: str, schema: str | None) -> None:
        import ibis
        from ibis.common.exceptions import TableNotFound

        try:
            connection.table(table, database=schema)
        except TableNotFound:
            types = {KEY: "string", "plant": "string", "time_utc": "timestamp", "name": "string", "value": "float64"}
            connection.create_table(table, schema=ibis.schema(types), database=schema)

    def _explain(self, error: Exception) -> UnwrittenError:
        said = " ".join(str(error).split())[:200]
        return UnwrittenError(
            f"{self._key}: table {self._settings.table} cannot be written ({said}). Check url and rights of the user."
        )


def _build_rows(hours: Sequence[Hour]) -> pd.DataFrame:
    rows = [
        (f"{hour.plant} {hour.start:%Y-%m-%dT%H:%MZ} {name}", hour.plant, hour.start.replace(tzinfo=None), name, value)
        for hour in hours
        for name, value in hour.values.items()
    ]
    frame = pd.DataFrame(rows, columns=[KEY, "plant", "time_utc", "name", "value"])
    return frame.astype({"time_utc": "datetime64[us]", "value": "float64"})
