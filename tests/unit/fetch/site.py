"""A plant with sources, and a database of its own in a file, which is the cheapest that Ibis reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from elc.fetch import Fetched, Wanted, fetch_plant
from elc.paths import Project
from elc.records.fetch import FetchFault, read_fetch_faults
from tests.unit.listen.broker import make_project

FIRST, NOON = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 9, 12, tzinfo=UTC)
TAGS = ["FT-1", "FT-2", "FT-3"]
TABLE = "create table readings (time timestamptz, tag text, value double, quality text)"
# Three tags every half hour, to the end of the day of NOON.
FILL = (
    "insert into readings select t, 'FT-' || n, epoch(t)::bigint % 97 + n, 'GOOD' from "
    "generate_series('2026-06-01 00:00+00'::timestamptz, '2026-06-09 12:00+00'::timestamptz, interval 30 minute) g(t), "
    "range(1, 4) r(n)"
)


@dataclass
class Site:
    """The project, and its database."""

    project: Project
    database: Path

    def run(self, *statements: str) -> list[Any]:
        """Run statements in the database; give the rows of the last."""
        with duckdb.connect(str(self.database)) as connection:
            connection.execute("set timezone = 'UTC'")
            for statement in statements:
                found = connection.execute(statement)
            return found.fetchall()

    def set_sources(self, *sources: dict[str, Any]) -> None:
        """Set the sources of the plant."""
        content = yaml.safe_load(self.project.params.read_text(encoding="utf-8"))
        content["plants"]["fjord"]["sources"] = list(sources)
        self.project.params.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    def build_source(self, **keys: Any) -> dict[str, Any]:
        """Build the source that reads the table of readings."""
        url = f"duckdb://{self.database}?read_only=True"
        return {"kind": "sql", "url": url, "table": "readings", "tags": {tag: tag for tag in TAGS}, **keys}

    def fetch(self, now: datetime = NOON, **wanted: Any) -> Fetched:
        """Fetch as at a moment."""
        return fetch_plant(self.project, "fjord", Wanted(**wanted), get_now=lambda: now)

    @property
    def folder(self) -> Path:
        return self.project.raw("fjord") / "fetched"

    def read(self) -> list[tuple[datetime, str, float | None, str]]:
        """Read what stands in the day files, corrections apart, in order."""
        return read_rows(path for path in self.folder.glob("*.parquet") if ".2." not in path.name)

    def read_revised(self) -> list[tuple[datetime, str, float | None, str]]:
        """Read the corrections."""
        return read_rows(self.folder.glob("*.2.parquet"))

    def read_source(self) -> list[tuple[datetime, str, float | None, str]]:
        """Read what the database has."""
        rows = self.run("select time, tag, value, quality from readings order by tag, time")
        return [(time.astimezone(UTC), *others) for time, *others in rows]

    @property
    def faults(self) -> list[FetchFault]:
        return read_fetch_faults(self.project.fetch("fjord"))


def read_rows(paths: Any) -> list[tuple[datetime, str, float | None, str]]:
    tables = [pq.read_table(path, partitioning=None) for path in paths]
    if not tables:
        return []
    table = pa.concat_tables(tables).sort_by([("tag", "ascending"), ("time", "ascending")])
    return [(row["time"], row["tag"], row["value"], row["quality"]) for row in table.to_pylist()]


def make_site(folder: Path) -> Site:
    """Make a project whose plant has the database as its source."""
    site = Site(make_project(folder / "project"), folder / "history.duckdb")
    site.run(TABLE, FILL)
    site.set_sources(site.build_source(quality_column="quality"))
    return site
