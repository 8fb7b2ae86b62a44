"""Every file of the corpus ends as the right readings with its doubts, or as one clear error."""

from __future__ import annotations

import contextlib
import functools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from elc.errors import ElcError
from elc.ingest.engine import Engine, connect
from elc.ingest.partitions import open_cache, read_partials
from elc.ingest.sources import Source, Survey
from elc.settings import EngineSettings, Tag, TagList
from tests.corpus.make_corpus import Case, Reading, build_cases, build_corpus, write_case
from tests.unit.ingest.exports import build_settings

NAMES = ("FT-1", "FT/2")
TAGS = TagList(
    "fjord", tuple(Tag(name, f"x{n}", "driver", "", 1.0, 0.0, None, None, "") for n, name in enumerate(NAMES))
)
DUCKDB = EngineSettings(name="duckdb", master="local[*]", memory_gib=0.5)
CASES = build_cases()


@pytest.fixture(scope="module")
def read_plain(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[Reading]], pd.DataFrame]:
    """Give what readings come to that lie in one plain Parquet file; many cases have the same ones."""

    @functools.cache
    def read(rows: tuple[Reading, ...]) -> pd.DataFrame:
        folder = tmp_path_factory.mktemp("plain")
        readings = pd.DataFrame(rows, columns=["time", "tag", "value", "quality"])
        readings["time"] = pd.to_datetime(readings["time"]).astype("datetime64[us]")
        readings = readings.astype({"tag": "str", "value": float, "quality": "str"})
        (folder / "export").mkdir()
        readings.to_parquet(folder / "export" / "a.parquet", index=False)
        return read_results(folder / "export", folder / "cache", {})[0]

    return lambda rows: read(tuple(rows))


def read_results(folder: Path, cache: Path, export: dict[str, object]) -> tuple[pd.DataFrame, dict[str, Source]]:
    """Read an export all the way to its partial results; beside them its files."""
    chosen = build_settings(**export)
    table, sources = read_partials(Survey([folder], open_cache(cache, TAGS, chosen), TAGS, chosen), chosen)
    return table.to_pandas().astype({"tag": "str"}).sort_values(["tag", "start"], ignore_index=True), sources


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with connect(DUCKDB, "export") as engine:
        yield engine


def read_readings(
    engine: Engine, folder: Path, cache: Path, export: dict[str, object], known: dict[str, Source]
) -> list[Reading]:
    """Read the readings of an export whose files are known, as `Case` has them."""
    chosen = build_settings(**export)
    survey = Survey([folder], open_cache(cache, TAGS, chosen), TAGS, chosen)
    sources = survey.find(lambda: contextlib.nullcontext(engine), known)
    found = engine.execute(survey.read(engine, sources, range(1_000_000))).sort_values(["time", "tag"])
    values = [None if pd.isna(value) else value for value in found["value"]]
    times = found["time"].dt.strftime("%Y-%m-%d %H:%M:%S")
    return list(zip(times, found["tag"], values, found["quality"], strict=True))


@pytest.mark.parametrize("case", [case for case in CASES if not case.error], ids=lambda case: case.name)
def test_file_gives_its_readings_and_doubts_and_what_they_come_to_in_plain_parquet(
    case: Case, read_plain: Callable[[list[Reading]], pd.DataFrame], engine: Engine, tmp_path: Path
) -> None:
    place = tmp_path / "odd", tmp_path / "cache", case.export
    write_case(place[0], case)
    results, sources = read_results(*place)
    doubts = [(doubt.check, doubt.tag, doubt.count) for source in sources.values() for doubt in source.doubts]
    assert read_readings(engine, *place, sources) == case.readings
    assert doubts == case.doubts
    pd.testing.assert_frame_equal(results, read_plain(case.readings), check_dtype=False)


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
