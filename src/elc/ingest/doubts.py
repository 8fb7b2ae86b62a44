"""What in an export's files cannot be taken as it stands: times that cannot be read, and doubtful readings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow.parquet as pq

from elc.fields import LARGEST
from elc.ingest.cells import read_cells, read_table
from elc.ingest.engine import Engine
from elc.ingest.layout import Layout
from elc.ingest.layout.parquet import read_statistics
from elc.ingest.nests import find_odd
from elc.ingest.series import SAME_FRAC
from elc.ingest.times import FIRST, find_last
from elc.settings import Export, TagList

COLUMNS = ["path", "check", "tag", "count", "example"]
EMPTY_FRAC = 0.5  # of a column's cells: so many are empty by habit
NOTHING = ("", "NAN", "NULL", "NONE", "NA", "N/A", "#N/A")  # texts that say that there is no value


def find_time_faults(
    engine: Engine,
    layout: Layout,
    paths: Sequence[Path],
    export: Export,
    tags: TagList,  # noqa: ARG001
) -> list[str]:
    """Find times that are missing, cannot be read or cannot be, of every tag, listed or not: a sentence a file."""
    suspects = [path for path in paths if not _has_sound_times(path, layout)]
    faults = []
    if suspects and not _read_bad_times(engine, layout, suspects, export).empty:
        for path in suspects:
            texts = list(_read_bad_times(engine, layout, [path], export)["time_text"])
            faults += [_build_time_fault(path, texts, layout, export)] if texts else []
    return [*faults, *_find_bare_dates(engine, layout, paths, export), *_find_odd_messages(engine, layout, paths)]


def _find_bare_dates(engine: Engine, layout: Layout, paths: Sequence[Path], export: Export) -> list[str]:
    """Find files whose times are dates alone, though a day has several values of a tag."""
    if not (layout.meaning.is_date or layout.type_of(layout.fields.time).startswith("date")):
        return []
    faults = []
    for path in paths:
        cells = read_cells(engine, layout, [path], export)
        counts = cells.group_by(["tag", "time"]).aggregate(count=cells.number.nunique())
        doubled = engine.execute(counts.filter(counts["count"] > 1).order_by(["time", "tag"]).limit(1))
        for row in doubled.to_dict("records"):
            faults.append(
                f"{path.name}: has dates without a time of day in {layout.fields.time}, and several values of "
                f"{row['tag']} on {row['time']:%Y-%m-%d}. Name the column of the time of day too, as in "
                "export.time_column: [Date, Hour]."
            )
    return faults


def _has_sound_times(path: Path, layout: Layout) -> bool:
    """Tell from the statistics of typed times that none is missing or impossible."""
    if layout.kind != "parquet" or layout.meaning.time_unit or layout.is_text(layout.fields.time):
        return False
    statistics = read_statistics(pq.read_metadata(path), layout.fields.time)
    if statistics is None or any(group.null_count or not group.has_min_max for group in statistics):
        return False
    first, last = pd.Timestamp(FIRST), pd.Timestamp(find_last())
    return all(first <= _read_moment(group.min) and _read_moment(group.max) <= last for group in statistics)


def _read_moment(bound: object) -> pd.Timestamp:
    moment = pd.Timestamp(bound)  # type: ignore[arg-type]
    return moment.tz_convert("UTC").tz_localize(None) if moment.tzinfo else moment


def _read_bad_times(engine: Engine, layout: Layout, paths: Sequence[Path], export: Export) -> pd.DataFrame:
    cells = read_cells(engine, layout, paths, export)
    is_bad = cells.time.isnull()
    if not (layout.meaning.time_unit or layout.is_text(layout.fields.time)):  # others out of range are already null
        is_bad |= (cells.time < ibis.timestamp(FIRST)) | (cells.time > ibis.timestamp(find_last()))
    texts = cells.filter(is_bad).select(time_text=cells.time_text.fill_null(""))
    return engine.execute(texts.distinct().order_by("time_text").limit(5))


def _build_time_fault(path: Path, found: Sequence[str], layout: Layout, export: Export) -> str:
    if layout.meaning.time_unit or not layout.is_text(layout.fields.time):
        expected = f"expected times from {FIRST.year} to now"
    elif export.time_format:
        expected = f"expected export.time_format {' or '.join(export.time_format)}"
    else:
        expected = "expected ISO 8601 as in 2024-06-01 13:00:00, or set export.time_format"
    return f"{path.name}: times that cannot be read: {', '.join(map(repr, found))}; {expected}."


def _find_odd_messages(engine: Engine, layout: Layout, paths: Sequence[Path]) -> list[str]:
    if not layout.nest:
        return []
    faults = []
    for path in paths:
        odd = find_odd(read_table(engine, layout, [path]), layout.nest)
        count = int(engine.execute(odd.aggregate(count=odd.count()))["count"][0])
        if count:
            faults.append(f"{path.name}: {count} messages hold no values, unlike the first. Keep one kind per file.")
    return faults


def find_doubts(engine: Engine, layout: Layout, paths: Sequence[Path], export: Export, tags: TagList) -> pd.DataFrame:
    """Find what of the listed tags was not taken as it stands.

    Returns:
        path, check (unknown_quality, no_quality, text_value, large_value, no_tag, no_data, empty_cell), tag, count
        and an example.
    """
    checks = {check for path in paths for check in _find_possible(path, layout)}
    checks |= {"no_data"} if export.no_data else set()
    checks -= {"empty_cell"} if export.empty_cells == "held" else set()
    if not checks or not _has_suspects(engine, layout, paths, export, checks):
        return pd.DataFrame(columns=COLUMNS)
    if _read_doubts(engine, layout, paths, export, tags, checks).empty:
        return pd.DataFrame(columns=COLUMNS)
    tables = [_read_doubts(engine, layout, [path], export, tags, checks).assign(path=str(path)) for path in paths]
    doubts = pd.concat([table for table in tables if not table.empty], ignore_index=True)[COLUMNS]
    return _drop_few(engine, layout, doubts)


def _drop_few(engine: Engine, layout: Layout, doubts: pd.DataFrame) -> pd.DataFrame:
    """Drop empty cells where most of a column are not: those are missing values, which the table shows as such."""
    is_empty = doubts["check"] == "empty_cell"
    if not is_empty.any():
        return doubts
    paths = [Path(path) for path in doubts.loc[is_empty, "path"].unique()]
    tables = {str(path): read_table(engine, layout, [path]) for path in paths}
    rows = {path: int(engine.execute(table.aggregate(rows=table.count()))["rows"][0]) for path, table in tables.items()}
    is_few = is_empty & (doubts["count"] < EMPTY_FRAC * doubts["path"].map(rows))
    is_all = is_empty & (doubts["count"] == doubts["path"].map(rows))
    return doubts[~is_few & ~is_all].reset_index(drop=True)


def _find_possible(path: Path, layout: Layout) -> list[str]:
    """Find the checks that a file may fail; types and statistics rule most of them out without a look at the rows."""
    fields = layout.fields
    possible = ["unknown_quality", "no_quality"] if fields.qualities and layout.meaning.has_quality else []
    if layout.kind != "parquet" or any(layout.is_text(name) for name in fields.values):
        possible += ["empty_cell"] if fields.is_wide else []
        return [*possible, "text_value", "large_value", "no_tag"]
    metadata = pq.read_metadata(path)
    groups = [group for name in fields.values for group in read_statistics(metadata, name) or [None]]
    if not all(map(_is_within, groups)):
        possible.append("large_value")
    if fields.is_wide and any(group is None or group.null_count for group in groups):
        possible.append("empty_cell")
    named = [fields.alias] if fields.alias else list(fields.tag_parts)
    if any(group is None or group.null_count for name in named for group in read_statistics(metadata, name) or [None]):
        possible.append("no_tag")
    return possible


def _is_within(bounds: pq.Statistics | None) -> bool:
    if bounds is None or not bounds.has_min_max:
        return bounds is not None and not bounds.num_values
    return abs(float(bounds.min)) < LARGEST and abs(float(bounds.max)) < LARGEST


def _has_suspects(engine: Engine, layout: Layout, paths: Sequence[Path], export: Export, checks: set[str]) -> bool:
    """Tell whether any reading passes the first look; that reads few columns, and most exports have none."""
    suspects = _select_suspects(read_cells(engine, layout, paths, export), export, checks)
    return not engine.execute(suspects.select(found=ibis.literal(True)).limit(1)).empty


def _select_suspects(cells: ir.Table, export: Export, checks: set[str]) -> ir.Table:
    """Select the readings that a check may be about: few pass this first look, which is cheap."""
    if "no_tag" in checks:
        cells = cells.mutate(tag=cells.tag.fill_null(""))
    looked_at = {
        "unknown_quality": ~cells.is_known,
        "no_quality": ~cells.is_known,
        "text_value": cells.number.isnull(),
        "large_value": cells.number.abs() >= LARGEST,
        "no_tag": cells.tag == "",
        "no_data": is_marker(cells.number, export.no_data),
        "empty_cell": is_empty(cells),
    }
    return cells.filter(ibis.or_(*[looked_at[name] for name in sorted(checks)]))


def _read_doubts(
    engine: Engine, layout: Layout, paths: Sequence[Path], export: Export, tags: TagList, checks: set[str]
) -> pd.DataFrame:
    """Count each check and keep its first text, by tag, in one scan."""
    suspect = _select_suspects(read_cells(engine, layout, paths, export), export, checks)
    pairs = {name: pair for name, pair in _build_checks(suspect, export).items() if name in checks}
    counts = {name: is_doubt.fill_null(False).sum() for name, (is_doubt, _) in pairs.items()}
    examples = {f"{name}_example": text.min(where=is_doubt) for name, (is_doubt, text) in pairs.items()}
    wide = engine.execute(suspect.group_by("tag").aggregate(**counts, **examples).order_by("tag"))
    wanted = {"", *(tag.tag for tag in tags)}
    rows = [
        {"check": name, "tag": row["tag"], "count": int(row[name]), "example": row[f"{name}_example"]}
        for row in wide.to_dict("records")
        for name in sorted(pairs)
        if row["tag"] in wanted and row[name]
    ]
    return pd.DataFrame(rows, columns=COLUMNS[1:])


def is_marker(number: ir.FloatingValue, markers: Sequence[float]) -> ir.BooleanValue:
    """Tell where a number is one that stands for no data, be it written with fewer digits."""
    near = [(number - marker).abs() <= SAME_FRAC * abs(marker) for marker in markers]
    return ibis.or_(*near) if near else ibis.literal(False)


def is_empty(cells: ir.Table) -> ir.BooleanValue:
    """Tell where a cell holds nothing at all, and no quality says why."""
    return (cells.number_text.fill_null("").strip() == "") & (cells.quality == "GOOD")


def _build_checks(cells: ir.Table, export: Export) -> dict[str, tuple[ir.BooleanValue, ir.StringValue]]:
    """Build each check: where it fails, and the text that it looks at."""
    written, quality = cells.number_text.fill_null("").strip(), cells.quality_text
    is_tagged, is_unknown = cells.tag != "", ~cells.is_known
    return {
        "unknown_quality": (is_tagged & is_unknown & (quality != ""), quality),
        "no_quality": (is_tagged & is_unknown & (quality == ""), quality),
        "text_value": (is_tagged & cells.number.isnull() & ~written.upper().isin(NOTHING), written),
        "large_value": (is_tagged & (cells.number.abs() >= LARGEST) & ~cells.number.isnan(), written),
        "no_tag": (~is_tagged, written),
        "no_data": (is_tagged & is_marker(cells.number, export.no_data), written),
        "empty_cell": (is_tagged & is_empty(cells), written),
    }
