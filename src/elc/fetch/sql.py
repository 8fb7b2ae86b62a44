"""Readings of a database that Ibis reads: a table or a query, of which each row is a reading or a moment of many tags.

Nothing is written there: the user that ELC connects as needs no more than to read.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from elc.fetch.pages import GOOD, Page, TagFault, build_page
from elc.fetch.qualities import Qualities
from elc.fetch.secrets import find_secret, read_secret
from elc.fetch.source import AwayError, RefusedError, SourceError, SourceTag
from elc.settings.fetch import SqlSource

USUAL = "ELC_SQL_PASSWORD"
ROWS = 100_000  # of a page
HOUR = timedelta(hours=1)
# Parts of the names of errors of drivers, and of what they say: the drivers of Ibis share no class of errors.
AWAY = ("OperationalError", "InterfaceError", "ConnectionError", "TimeoutError", "QueryCanceled", "DatabaseError")
REFUSED = ("authentication", "password", "permission denied", "access denied", "login failed", "not authorized")
# ASSUME: so many are what people call the columns of a table of tags.
UNITS, DESCRIPTIONS = ("unit", "units", "eng_units", "engunits"), ("description", "descriptor", "text", "name")


def open_source(settings: SqlSource, where: str) -> Sql:
    """Connect to a database.

    Raises:
        SourceError: the database is away, refuses the user, or has no such table or columns.
    """
    with _explained(where):
        connection = ibis.connect(add_secret(settings.url, settings.secret, where))
    try:
        return Sql(connection, settings, where)
    except BaseException:
        connection.disconnect()
        raise


def add_secret(url: str, name: str | None, where: str) -> str:
    """Add the password to the URL of a database that has users; `name` is that of the secret.

    Raises:
        RefusedError: the secret that is named is nowhere.
    """
    parts = urlsplit(url)
    if parts.username is None:
        return url
    secret = read_secret(name, where) if name else find_secret(USUAL)
    if secret is None:
        return url  # the database may know the user without, as by its certificate
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(secret, safe='')}@{host}"))


class Sql:
    """A connection, and the table or query that is read."""

    def __init__(self, connection: Any, settings: SqlSource, where: str) -> None:
        self._connection, self._settings, self._where = connection, settings, where
        self._qualities = Qualities(settings.quality_codes or "", settings.quality)
        with self._explained():
            if connection.name == "postgres":
                connection.raw_sql(f"SET statement_timeout = {int(settings.timeout_s * 1000)}").close()
            self._table = self._find_table(settings.table) if settings.table else connection.sql(settings.query)
            self._check_columns()
        self._listed: dict[str, SourceTag] | None = None

    def find(self, pattern: str) -> Iterator[SourceTag]:
        """List the tags of the table of tags; without one, those that occur in the readings."""
        for name, tag in sorted(self._list_tags().items()):
            if fnmatch.fnmatchcase(name.upper(), pattern.upper()):
                yield tag

    def read(self, tags: Sequence[str], start: datetime, end: datetime) -> Iterator[Page]:
        """Read by one query, in pages of its rows."""
        faults = self._find_unknown(tags)
        yield build_page([], [], [], faults=faults)
        wanted = [tag for tag in tags if tag not in {fault.tag for fault in faults}]
        if not wanted:
            return
        expression = self._build_query(wanted, start, end)
        with self._explained():
            for batch in self._list_batches(expression):
                frame = batch.to_pandas()
                yield from self._build_wide(frame, wanted) if self._settings.is_wide else [self._build_narrow(frame)]

    def close(self) -> None:
        """Disconnect; one that is gone is closed."""
        with suppress(Exception):
            self._connection.disconnect()

    def _explained(self) -> Any:
        return _explained(self._where)

    def _find_table(self, name: str) -> ir.Table:
        schema, _, table = name.rpartition(".")
        return self._connection.table(table, database=schema or None)

    def _check_columns(self) -> None:
        settings = self._settings
        needed = [settings.time_column, settings.quality_column]
        needed += [] if settings.is_wide else [settings.tag_column, settings.value_column]
        missing = [name for name in needed if name is not None and name not in self._table.columns]
        if missing:
            raise SourceError(
                f"{self._where}: has the columns {', '.join(self._table.columns)}, expected {', '.join(missing)} too. "
                "Name its columns under the source in params.yaml."
            )
        kind = self._table.schema()[settings.time_column]
        if not kind.is_timestamp():
            raise SourceError(
                f"{self._where}: column {settings.time_column} is of the type {kind}, expected a timestamp. Cast it in "
                "a query of the source."
            )

    def _list_tags(self) -> dict[str, SourceTag]:
        if self._listed is None:
            with self._explained():
                self._listed = {tag.name: tag for tag in self._ask_tags()}
        return self._listed

    def _ask_tags(self) -> Iterator[SourceTag]:
        settings = self._settings
        if settings.is_wide:
            others = {settings.time_column, settings.quality_column}
            yield from (SourceTag(name) for name in self._table.columns if name not in others)
            return
        if settings.tag_table is None:
            found = self._connection.execute(self._table.select(settings.tag_column).distinct())
            yield from (SourceTag(str(name)) for name in found[settings.tag_column].dropna())
            return
        frame = self._connection.execute(self._find_table(settings.tag_table)).fillna("")
        names = {name.lower(): name for name in frame.columns}
        if settings.tag_column not in frame.columns:
            raise SourceError(
                f"{self._where}: table {settings.tag_table} has the columns {', '.join(frame.columns)}, expected "
                f"{settings.tag_column} too. Name the column alike in both tables, by a view or a query."
            )
        unit, text = (next((names[name] for name in alike if name in names), None) for alike in (UNITS, DESCRIPTIONS))
        for row in frame.to_dict("records"):
            yield SourceTag(str(row[settings.tag_column]), str(row.get(unit, "")), str(row.get(text, "")))

    def _find_unknown(self, tags: Sequence[str]) -> list[TagFault]:
        """Find which tags the source does not have, where a list of them is at hand."""
        if not (self._settings.is_wide or self._settings.tag_table):
            return []
        known = self._list_tags()
        return [TagFault(tag, "unknown") for tag in tags if tag not in known]

    def _build_query(self, tags: Sequence[str], start: datetime, end: datetime) -> ir.Table:
        settings, table = self._settings, self._table
        time = table[settings.time_column]
        first, last = self._to_source(start, time), self._to_source(end, time)
        rows = table.filter(time >= first, time < last)
        quality = [settings.quality_column] if settings.quality_column else []
        if settings.is_wide:
            return rows.select(settings.time_column, *tags, *quality)
        value = rows[settings.value_column]
        rows = rows.filter(rows[settings.tag_column].isin(list(tags)))
        value = value.cast("float64") if value.type().is_numeric() else value
        return rows.select(settings.time_column, settings.tag_column, *quality, **{settings.value_column: value})

    def _list_batches(self, expression: ir.Table) -> Iterable[pa.RecordBatch]:
        if self._connection.name == "duckdb":  # ibis 12 asks DuckDB 2 for batches by a name that is gone
            batches: list[pa.RecordBatch] = self._connection.to_pyarrow(expression).to_batches(ROWS)
            return batches
        read: Iterable[pa.RecordBatch] = self._connection.to_pyarrow_batches(expression, chunk_size=ROWS)
        return read

    def _to_source(self, moment: datetime, time: ir.Value) -> Any:
        """Write a moment as the source has its times; around a change of the clock, an hour more to either side."""
        if time.type().timezone is not None:
            return ibis.literal(pd.Timestamp(moment), type="timestamp('UTC')")
        zone = ZoneInfo(self._settings.time_zone)
        return ibis.literal(pd.Timestamp(moment.astimezone(zone).replace(tzinfo=None)))

    def _build_narrow(self, frame: pd.DataFrame) -> Page:
        settings = self._settings
        return self._build(frame, frame[settings.tag_column].astype(object), settings.value_column)

    def _build_wide(self, frame: pd.DataFrame, tags: Sequence[str]) -> Iterator[Page]:
        for tag in tags:
            present = frame[frame[tag].notna()]  # a wide table has empty cells where nothing was read
            yield self._build(present, tag, tag)

    def _build(self, frame: pd.DataFrame, tags: Any, value: str) -> Page:
        settings = self._settings
        qualities: Any = GOOD
        faults: Sequence[TagFault] = ()
        if settings.quality_column:
            qualities, faults = self._qualities.read(frame[settings.quality_column], tags)
        return build_page(frame[settings.time_column], tags, frame[value], qualities, faults, zone=settings.time_zone)


@contextmanager
def _explained(where: str) -> Iterator[None]:
    """Say what a driver raised as an error of a source.

    Raises:
        SourceError: the block raised anything.
    """
    try:
        yield
    except SourceError:
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:300]
        names = {kind.__name__ for kind in type(error).__mro__}
        if isinstance(error, ModuleNotFoundError):
            raise SourceError(
                f"{where}: package {error.name} is not installed, expected the driver of this database. Install it: "
                "pip install 'elc[fetch]' for PostgreSQL, else the extra of ibis-framework for this database."
            ) from None
        if any(word in said.lower() for word in REFUSED):
            raise RefusedError(
                f"{where}: the database refuses this user ({said}), expected one that may read. Set the password in "
                f"the environment variable {USUAL}, or let this user read it."
            ) from None
        if names & set(AWAY) and not names & {"ProgrammingError"}:
            raise AwayError(
                f"{where}: the database does not answer ({said}), expected a connection. If this lasts, check that it "
                "runs, and that a firewall lets this machine through."
            ) from None
        raise SourceError(
            f"{where}: the database cannot be read ({type(error).__name__}: {said}), expected the table or query of "
            "params.yaml. Correct the source there."
        ) from None
