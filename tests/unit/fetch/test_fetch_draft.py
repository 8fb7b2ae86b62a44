"""A draft from what a source has: tags by pattern, units and descriptions, and readings that fetching goes on with."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from elc.errors import ElcError
from elc.fetch import fetch_offer, read_sources
from elc.plants import draft_from_source
from tests.unit.fetch.site import FIRST, Site

HUSH = "hushhush"


def test_a_draft_has_units_descriptions_and_the_sources(site: Site, tmp_path: Path) -> None:
    site.run(
        "create table tags (tag text, unit text, description text)",
        "insert into tags values ('FT-1', 't/h', 'Ammonia product'), ('FT-2', 'MW', 'Fuel gas'), ('FT-3', '', '')",
    )
    source, folder = tmp_path / "mill.yaml", tmp_path / "mill"
    keys = site.build_source(quality_column="quality", tag_table="tags")
    del keys["tags"]
    source.write_text(yaml.safe_dump({"sources": [keys]}), encoding="utf-8")
    made = draft_from_source(site.project, "mill", source, folder, pattern="FT-[12]", since=FIRST)
    with made.tags.open(encoding="utf-8", newline="") as file:
        rows = {row["tag"]: row for row in csv.DictReader(file)}
    assert {tag: row["unit"] for tag, row in rows.items()} == {"FT-1": "t/h", "FT-2": "MW"}
    assert rows["FT-1"]["description"].startswith("Ammonia product. Drafted (")
    entry = yaml.safe_load(made.entry.read_text(encoding="utf-8"))
    assert entry["sources"] == [keys]
    assert sorted(path.name for path in (folder / "export" / "fetched").glob("*"))[:2] == [
        ".status.json",
        "2026-06-01.parquet",
    ]


def test_what_cannot_be_drafted_is_said(site: Site, tmp_path: Path) -> None:
    source = tmp_path / "mill.yaml"
    with pytest.raises(ElcError, match="not found, expected a file with the key sources"):
        read_sources(source)
    listed = yaml.safe_dump({"sources": [{"kind": "sql", "url": f"postgresql://me:{HUSH}@h/d", "table": "a"}]})
    source.write_text(listed, encoding="utf-8")
    with pytest.raises(ElcError, match=r"sources\.0\.url: .* it contains a password") as refused:
        read_sources(source)
    assert HUSH not in str(refused.value)
    source.write_text(yaml.safe_dump({"sources": [site.build_source(tags=None)]}), encoding="utf-8")
    with pytest.raises(ElcError, match=r"no tag of its sources fits X\*, expected one"):
        fetch_offer(
            read_sources(source), "mill", tmp_path / "export", pattern="X*", since=datetime(2026, 6, 1, tzinfo=UTC)
        )
