"""Every file of the corpus ends as the right readings with its doubts, or as one clear error."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from elc.errors import ElcError
from elc.ingest.engine import Engine, connect
from elc.ingest.files import FileDoubt
from elc.ingest.partitions import open_cache, read_partials
from elc.ingest.sources import Survey
from elc.settings import EngineSettings, Tag, TagList
from tests.corpus.make_corpus import Case, build_cases, build_corpus, write_case
from tests.unit.ingest.exports import build_settings

NAMES = ("FT-1", "FT/2")
TAGS = TagList(
    "fjord", tuple(Tag(name, f"x{n}", "driver", "", 1.0, 0.0, None, None, "") for n, name in enumerate(NAMES))
)
DUCKDB = EngineSettings(name="duckdb", master="local[*]", memory_gib=0.5)
CASES = build_cases()


def read(engine: Engine, folder: Path, cache: Path, export: dict[str, object]) -> tuple[pd.DataFrame, list[FileDoubt]]:
    """Read a folder as ingest does: its sources, then their readings; beside them what is doubted."""
    survey = Survey([folder], cache, TAGS, build_settings(**export))
    sources = survey.find(lambda: contextlib.nullcontext(engine), {})
    days = range(1_000_000)
    doubts = [doubt for source in sources.values() for doubt in source.doubts]
    return engine.execute(survey.read(engine, sources, days)), doubts


@pytest.mark.parametrize("case", [case for case in CASES if not case.error], ids=lambda case: case.name)
def test_file_gives_its_readings_and_doubts(case: Case, tmp_path: Path) -> None:
    write_case(tmp_path / "odd", case)
    with connect(DUCKDB, "export") as engine:
        readings, doubts = read(engine, tmp_path / "odd", tmp_path / "cache", case.export)
    found = readings.sort_values(["time", "tag"])
    values = [None if pd.isna(value) else value for value in found["value"]]
    assert (
        list(zip(found["time"].dt.strftime("%Y-%m-%d %H:%M:%S"), found["tag"], values, found["quality"], strict=True))
        == case.readings
    )
    assert [(doubt.check, doubt.tag, doubt.count) for doubt in doubts] == case.doubts


def read_results(folder: Path, cache: Path, export: dict[str, object]) -> pd.DataFrame:
    """Read an export all the way to its partial results."""
    chosen = build_settings(**export)
    table, _ = read_partials(Survey([folder], open_cache(cache, TAGS, chosen), TAGS, chosen), chosen)
    frame = table.to_pandas().astype({"tag": "str"})
    return frame.sort_values(["tag", "start"], ignore_index=True)


@pytest.mark.parametrize("case", [case for case in CASES if not case.error], ids=lambda case: case.name)
def test_file_gives_what_its_readings_give_in_plain_parquet(case: Case, tmp_path: Path) -> None:
    write_case(tmp_path / "odd", case)
    plain = pd.DataFrame(case.readings, columns=["time", "tag", "value", "quality"])
    plain = plain.assign(
        time=pd.to_datetime(plain["time"]).astype("datetime64[us]"), value=plain["value"].astype(float)
    )
    (tmp_path / "plain").mkdir()
    plain.astype({"tag": "str", "quality": "str"}).to_parquet(tmp_path / "plain" / "a.parquet", index=False)
    odd = read_results(tmp_path / "odd", tmp_path / "cache_odd", case.export)
    expected = read_results(tmp_path / "plain", tmp_path / "cache_plain", {})
    pd.testing.assert_frame_equal(odd, expected, check_dtype=False)


@pytest.mark.parametrize("case", [case for case in CASES if case.error], ids=lambda case: case.name)
def test_error_comes_through_and_leaves_no_result(case: Case, tmp_path: Path) -> None:
    write_case(tmp_path / "odd", case)
    with pytest.raises(ElcError) as raised:
        read_results(tmp_path / "odd", tmp_path / "cache", case.export)
    words = str(raised.value)
    assert re.search(case.error, words), words
    assert "\n" not in words
    assert words.endswith("."), words
    assert list((tmp_path / "cache").rglob("*.parquet")) == []


def test_corpus_is_large_and_its_names_are_unique(tmp_path: Path) -> None:
    cases = build_corpus(tmp_path)
    assert len(cases) >= 60
    assert max(Counter(case.name for case in cases).values()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(case.name for case in cases)


def test_corpus_is_the_same_in_every_run() -> None:
    assert build_cases() == CASES
