"""Which days of an export have changed, and the partial results of all of them, kept by month in the cache.

A day is worked out again when the set of files that reach it is another, or one of them has changed. The cache can be
removed at any time: it is made again, with the same bytes.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter
from tqdm import tqdm

from elc.files import replace_file
from elc.ingest.amounts import settle_rhythms
from elc.ingest.conflicts import order_files, settle_partials
from elc.ingest.engine import Engine, Engines
from elc.ingest.files import Source
from elc.ingest.months import name_month, name_months, read_month, write_month
from elc.ingest.partials import READINGS, SCHEMA, build_partials, read_good
from elc.ingest.sources import Survey
from elc.settings import StageSettings, TagList

BATCH_ROWS = 3_000_000  # readings that are worked out at once: for each connection, so many are held in memory


T = TypeVar("T")
SOURCES = TypeAdapter(dict[str, Source])
DAYS = TypeAdapter(dict[int, str])


@dataclass(frozen=True)
class DayBatch:
    """Neighbouring days that are worked out in one query."""

    days: range
    names: tuple[str, ...]


def open_cache(folder: Path, tags: TagList, settings: StageSettings) -> Path:
    """Open the part of the cache that fits the tag list, the settings and the code; others are removed."""
    own = folder / _build_purpose(tags, settings)
    for other in folder.glob("*"):
        if other != own:
            shutil.rmtree(other)
    own.mkdir(parents=True, exist_ok=True)
    return own


def read_partials(survey: Survey, settings: StageSettings) -> tuple[pa.Table, dict[str, Source]]:
    """Read the partial results of an export (see `partials.build_partials`) and its sources; work out what has changed.

    The survey's tags get the intervals of their amounts.

    Raises:
        ElcError: a file cannot be used.
    """
    cache = survey.cache
    with contextlib.ExitStack() as stack:
        engines = Engines(stack, settings.engine, survey.where)
        former_sources = _read(cache / "sources.json", SOURCES)
        sources = survey.find(engines.take, former_sources)
        if sources != former_sources:
            _write(cache / "sources.json", SOURCES, sources)
        survey.tags = settle_rhythms(engines.take, survey, sources, train_until=settings.plant.train_until)
        wanted, former = _find_days(sources, survey.tags), _read(cache / "days.json", DAYS)
        tables = {month: read_month(cache, month) for month in name_months(former)}
        # A month that lost a day, or is not whole, is worked out again from its first day.
        lost = {month for month, table in tables.items() if table is None}
        lost |= name_months(former.keys() - wanted.keys())
        kept = {day: key for day, key in former.items() if wanted.get(day) == key and name_month(day) not in lost}
        if kept != former:
            # Written first: a run that is killed must not leave a day listed that its month has lost.
            _write(cache / "days.json", DAYS, kept)
        stale = sorted(wanted.keys() - kept.keys())
        tables |= _work_out(survey, settings, engines, sources, wanted, stale, kept)
    months = sorted(name_months(wanted))
    for path in (cache / "months").glob("*.parquet"):
        if path.stem not in months:
            path.unlink()
    survey.remove_copies(sources)
    filled = [table for month in months if (table := tables[month]) is not None]
    if not filled:  # no reading of any listed tag
        return SCHEMA.empty_table(), sources
    return pa.concat_tables(filled).unify_dictionaries(), sources


def _build_purpose(tags: TagList, settings: StageSettings) -> str:
    """Say all that partial results depend on besides the files; where it changes, the cache is of no use."""
    code = [path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*.py"))]
    content = {
        "code": hashlib.sha256(b"".join(code)).hexdigest(),
        "engine": settings.engine.name,
        "export": settings.plant.export.model_dump(),
        "ingest": [settings.ingest.max_hold_h, settings.ingest.accept_uncertain],
        "interval": settings.plant.interval,
        "tags": [[tag.tag, tag.is_totaliser, tag.amount_h, tag.max_hold_h] for tag in tags],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:24]


def _read(path: Path, kind: TypeAdapter[T]) -> T:
    """Read a file of the cache; one that is not there, or not whole, is empty."""
    try:
        return kind.validate_json(path.read_bytes())
    except (OSError, ValueError):
        return kind.validate_python({})


def _write(path: Path, kind: TypeAdapter[T], content: T) -> None:
    with replace_file(path) as temporary:
        temporary.write_bytes(kind.dump_json(content))


def _find_days(sources: Mapping[str, Source], tags: TagList) -> dict[int, str]:
    """Find the days of an export, each with a key that changes with the files that reach it, and with rhythms."""
    rhythms = [f"{tag.tag} {tag.amount_h}" for tag in tags if tag.amount_h is not None]
    keys: dict[int, list[str]] = {}
    for source in sources.values():
        for day in source.days:
            keys.setdefault(day, []).append(source.key)
    return {
        day: hashlib.sha256("\n".join(rhythms + sorted(own)).encode()).hexdigest() for day, own in sorted(keys.items())
    }


def _work_out(
    survey: Survey,
    settings: StageSettings,
    engines: Engines,
    sources: Mapping[str, Source],
    wanted: Mapping[int, str],
    stale: list[int],
    kept: dict[int, str],
) -> dict[str, pa.Table]:
    """Work out the stale days, and write each month when its last batch is done; return these months."""
    ends = {name_month(day): day for day in stale}
    batches = list(_build_batches(sources, stale))
    work = functools.partial(_read_batch, survey, settings, engines, sources)
    pending: list[pa.Table] = []
    written: dict[str, pa.Table] = {}
    with ThreadPoolExecutor(engines.count) as pool:
        results = zip(batches, pool.map(work, batches), strict=True)
        try:
            for batch, table in tqdm(results, "batches", len(batches), unit="batch", disable=None, leave=False):
                pending.append(table)
                done = [month for month, end in ends.items() if end in batch.days]
                for month in done:
                    written[month] = write_month(survey.cache, month, kept.keys(), pending)
                    kept |= {day: key for day, key in wanted.items() if name_month(day) == month}
                if done:
                    _write(survey.cache / "days.json", DAYS, kept)
                    pending = [table]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return written


def _read_batch(
    survey: Survey, settings: StageSettings, engines: Engines, sources: Mapping[str, Source], batch: DayBatch
) -> pa.Table:
    members = {name: sources[name] for name in batch.names}
    with engines.take() as engine:
        names = [tag.tag for tag in survey.tags]
        readings = survey.read(engine, members, batch.days)
        table = _build_partials(survey, settings, read_good(engine, readings, names, _name_good(settings)))
        if pc.any(pc.greater(table["conflicts"], 0)).as_py():
            table = _settle(survey, settings, engine, members, batch.days, table)
    return table.set_column(0, "tag", table["tag"].cast("string").dictionary_encode())


def _build_partials(survey: Survey, settings: StageSettings, readings: pa.Table) -> pa.Table:
    interval_s = int(settings.plant.interval_length.total_seconds())
    is_continuous, usual_h = settings.plant.export.is_continuous, settings.ingest.max_hold_h
    return build_partials(
        readings,
        interval_s,
        max_hold_h=usual_h if is_continuous else interval_s / 3600,
        totalisers=[tag.tag for tag in survey.tags if tag.is_totaliser],
        holds_h=_find_holds(survey.tags, usual_h) if is_continuous else {},
    )


def _name_good(settings: StageSettings) -> list[str]:
    return ["GOOD", "UNCERTAIN"] if settings.ingest.accept_uncertain else ["GOOD"]


def _find_holds(tags: TagList, usual_h: float) -> dict[str, float]:
    return {tag.tag: hold for tag in tags if (hold := tag.find_hold_h(usual_h)) != usual_h}


def _settle(
    survey: Survey,
    settings: StageSettings,
    engine: Engine,
    sources: Mapping[str, Source],
    days: range,
    partials: pa.Table,
) -> pa.Table:
    """Settle the moments with several values: their intervals are read again, file by file."""
    good = _name_good(settings)

    def build(readings: pd.DataFrame) -> pa.Table:
        marked = readings.assign(value=readings["value"].where(readings["quality"].isin(good)))
        return _build_partials(survey, settings, pa.Table.from_pandas(marked, READINGS, preserve_index=False))

    return settle_partials(
        partials,
        (survey.read_file(engine, name, sources[name], days, partials) for name in order_files(sources)),
        build,
        wins=survey.export.conflicts,
        good=good,
        width=settings.plant.interval_length,
    )


def _build_batches(sources: Mapping[str, Source], stale: Sequence[int]) -> Iterator[DayBatch]:
    """Cut the stale days into batches of about `BATCH_ROWS` readings."""
    names: dict[int, list[str]] = {day: [] for day in stale}
    rows = dict.fromkeys(stale, 0.0)
    for name, source in sources.items():
        for day in names.keys() & set(source.days):
            names[day].append(name)
            rows[day] += source.rows / len(source.days)
    first, found = stale[0] if stale else 0, 0.0
    for day, following in zip(stale, [*stale[1:], None], strict=False):
        found += rows[day]
        if following != day + 1 or found + rows[following] > BATCH_ROWS:
            days = range(first, day + 1)
            yield DayBatch(days, tuple(sorted({name for one in days for name in names[one]})))
            first, found = following or 0, 0.0
