"""A real PostgreSQL: it refuses, it is stopped in the middle, its schema changes; nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from elc.fetch.kinds import open_source
from elc.settings.fetch import SqlSource
from tests.unit.fetch.postgres import MISSING, PASSWORD, PROGRAMS, Postgres
from tests.unit.fetch.site import FIRST, NOON, Site

pytest.importorskip("psycopg", reason="elc[fetch] is not installed")
pytestmark = pytest.mark.skipif(PROGRAMS is None, reason=MISSING)
COUNT = 3 * 409


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    made = Postgres()
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def stored(postgres: Postgres, site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The site, whose source is the database of the server."""
    monkeypatch.setenv("ELC_SQL_PASSWORD", PASSWORD)
    postgres.run(
        "drop table if exists readings, tags",
        "create table readings (time timestamptz, tag text, value numeric, quality int)",
        "insert into readings select t, 'FT-' || n, n + 0.5, 192 from generate_series('2026-06-01'::timestamptz "
        "at time zone 'UTC', '2026-06-09 12:00', '30 min') t, generate_series(1, 3) n",
        "create table tags (tag text, unit text, descriptor text)",
        "insert into tags values ('FT-1', 't/h', 'Feed'), ('FT-2', NULL, NULL), ('FT-3', 'degC', '')",
    )
    site.set_sources(
        site.build_source(
            url=postgres.url,
            table="public.readings",
            quality_column="quality",
            quality_codes="opc_da",
            tag_table="tags",
        )
    )
    return site


def test_readings_corrections_and_a_day_without_the_server(stored: Site, postgres: Postgres) -> None:
    assert stored.fetch(since=FIRST).taken.new == COUNT
    assert {row[2:] for row in stored.read()} == {(1.5, "GOOD"), (2.5, "GOOD"), (3.5, "GOOD")}
    postgres.stop()
    (failure,) = stored.fetch(NOON + timedelta(days=1)).failures
    assert "the database does not answer (connection failed" in failure
    assert PASSWORD not in failure
    postgres.start()
    postgres.run(
        "insert into readings values ('2026-06-10 11:00+00', 'FT-1', 9, 192)",
        "update readings set value = 4, quality = 64 where tag = 'FT-1' and time = '2026-06-09 11:00+00'",
    )
    taken = stored.fetch(NOON + timedelta(days=1)).taken
    assert (taken.new, taken.corrected) == (1, 1)
    assert stored.read_revised() == [(datetime(2026, 6, 9, 11, tzinfo=UTC), "FT-1", 4.0, "UNCERTAIN")]


def test_what_it_refuses_and_what_changed_is_said(
    stored: Site, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELC_SQL_PASSWORD", "wrong")
    (failure,) = stored.fetch(since=FIRST).failures
    assert failure.startswith("plant fjord: source sql: the database refuses this user (")
    assert failure.endswith("Set the password in the environment variable ELC_SQL_PASSWORD, or let this user read it.")
    monkeypatch.setenv("ELC_SQL_PASSWORD", PASSWORD)
    postgres.run("alter table readings rename to readings_2026")
    (failure,) = stored.fetch(since=FIRST).failures
    postgres.run("alter table readings_2026 rename to readings")
    assert failure.startswith("plant fjord: source sql: the database cannot be read (")
    assert "readings" in failure


def test_it_lists_its_tags_with_units_and_descriptions(stored: Site, postgres: Postgres) -> None:
    assert stored.project.params.exists()
    settings = SqlSource(kind="sql", url=postgres.url, table="readings", tag_table="tags")
    source = open_source(settings, "draft")
    found = [(tag.name, tag.unit, tag.description) for tag in source.find("ft-?")]
    source.close()
    assert found == [("FT-1", "t/h", "Feed"), ("FT-2", "", ""), ("FT-3", "degC", "")]
