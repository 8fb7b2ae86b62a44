"""Several values of one tag at one moment: a later file corrects an earlier one; inside a file they are a conflict.

Which intervals have any is seen where partial results are built. Their readings alone are read again here, file by
file, in the order of the files' names (2.csv before 10.csv).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from elc.findings import Finding, Kind
from elc.ingest.series import SAME_FRAC
from elc.settings import Tag, TagList

MOMENT, KEY = ["tag", "time"], ["tag", "start"]
COUNTED = ("conflicts", "corrections", "clash_at", "clash_from", "clash_to")
_NEEDS = ("tag", "moments", "example_one", "example_other", "example_at")
UNSETTLED, SETTLED = Kind("conflict", "unsettled", _NEEDS), Kind("conflict", "settled", (*_NEEDS, "wins"))
CORRECTED = Kind("corrected", needs=(*_NEEDS, "most_apart"))


@dataclass(frozen=True)
class Settled:
    """Readings with one value a moment, and the moments that had several (tag, time, is_conflict, low, high)."""

    readings: pd.DataFrame
    clashes: pd.DataFrame


def order_files(names: Iterable[str]) -> list[str]:
    """Order files by name, numbers in it by their size: what stands later is the later file."""
    return sorted(names, key=lambda name: [(part.isdigit(), part.zfill(20)) for part in re.split(r"(\d+)", name)])


def settle(files: Iterable[pd.DataFrame], wins: str | None, good: list[str]) -> Settled:
    """Settle which value of a moment counts.

    Args:
        files: readings of each file (time, tag, value, quality, and row where the first or last wins), oldest first.
        wins: which of several values in a file is taken (last, first or mean); None leaves the moment without one.
        good: qualities that count.
    """
    parts, clashes = [], []
    for number, readings in enumerate(files):
        is_good = readings["quality"].isin(good) & readings["value"].notna()
        settled, clash = _settle_file(readings[is_good], wins)
        parts += [settled.assign(file=number), readings.loc[~is_good, [*MOMENT, "value", "quality"]].assign(file=-1)]
        clashes.append(clash)
    every = pd.concat(parts, ignore_index=True).sort_values([*MOMENT, "file"], kind="stable")
    return Settled(
        every.drop_duplicates(MOMENT, keep="last").drop(columns="file"),
        pd.concat([*clashes, _find_corrections(every[every["file"] >= 0])], ignore_index=True),
    )


def _settle_file(good: pd.DataFrame, wins: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    ordered = good.sort_values("row") if wins in ("first", "last") else good.sort_values("value")
    grouped = ordered.groupby(MOMENT, sort=True, observed=True)
    ends = grouped["value"].agg(["min", "max"])
    differs = _is_other(ends["min"], ends["max"])
    value = grouped["value"].agg(wins or "min")
    quality = grouped["quality"].first()
    if wins is None:
        value, quality = value.mask(differs), quality.mask(differs, "BAD")
    settled = pd.DataFrame({"value": value, "quality": quality}).reset_index()
    clashes = ends[differs].rename(columns={"min": "low", "max": "high"}).reset_index()
    return settled, clashes.assign(is_conflict=True)


def _find_corrections(every: pd.DataFrame) -> pd.DataFrame:
    """Find where a file has another value for a moment than the file before it that has one."""
    former = every.groupby(MOMENT, observed=True)["value"].shift()
    corrections = every.assign(low=former, high=every["value"], is_conflict=False)
    return corrections.loc[_is_other(former, every["value"]), [*MOMENT, "low", "high", "is_conflict"]]


def _is_other(one: pd.Series, other: pd.Series) -> pd.Series:
    """Tell where two values differ by more than the digits that they are written with."""
    return (one - other).abs() > SAME_FRAC * np.maximum(one.abs(), other.abs())


def settle_partials(
    partials: pa.Table,
    files: Iterable[pd.DataFrame],
    build: Callable[[pd.DataFrame], pa.Table],
    *,
    wins: str | None,
    good: list[str],
    width: pd.Timedelta,
) -> pa.Table:
    """Work out again the partial results of intervals in which moments have several values.

    Args:
        files: readings of each file, oldest first, of any intervals (see `settle`).
        build: makes partial results of readings.
        width: of an interval.
    """
    is_hit = pc.greater(partials["conflicts"], 0)
    hit = pd.MultiIndex.from_frame(partials.filter(is_hit).select(KEY).to_pandas().astype({"tag": str}))
    settled = settle((_take(readings, hit, width) for readings in files), wins, good)
    fresh = build(settled.readings).drop_columns(list(COUNTED)).to_pandas().astype({"tag": str})
    joined = fresh.merge(_count_clashes(settled.clashes, width), how="outer", on=KEY)
    joined = joined.fillna({"conflicts": 0, "corrections": 0})[partials.column_names]
    again = pa.Table.from_pandas(joined, preserve_index=False, schema=_as_text(partials.schema))
    return pa.concat_tables([partials.filter(pc.invert(is_hit)).cast(again.schema), again])


def _take(readings: pd.DataFrame, hit: pd.MultiIndex, width: pd.Timedelta) -> pd.DataFrame:
    starts = readings["time"].dt.floor(width).astype("datetime64[us]")
    return readings[pd.MultiIndex.from_arrays([readings["tag"].astype(str), starts], names=KEY).isin(hit)]


def _as_text(schema: pa.Schema) -> pa.Schema:
    return schema.set(schema.get_field_index("tag"), pa.field("tag", pa.string()))


def _count_clashes(clashes: pd.DataFrame, width: pd.Timedelta) -> pd.DataFrame:
    """Count the moments by tag and interval, with the one whose values are furthest apart as the example."""
    start = clashes["time"].dt.floor(width).astype("datetime64[us]")
    ranked = clashes.assign(start=start, apart=(clashes["high"] - clashes["low"]).abs())
    ranked = ranked.sort_values(["apart", "time"], ascending=[False, True]).astype({"tag": str})
    grouped = ranked.groupby(KEY)
    farthest = grouped[["time", "low", "high"]].first()
    farthest.columns = pd.Index(["clash_at", "clash_from", "clash_to"])
    conflicts = grouped["is_conflict"].sum().astype("int64")
    return farthest.assign(conflicts=conflicts, corrections=grouped.size() - conflicts).reset_index()


def find_clashes(partials: pa.Table, tags: TagList, wins: str | None) -> list[Finding]:
    """Find the tags with several values at one moment: in one file, or where a later file corrects an earlier one."""
    is_hit = pc.greater(pc.add(partials["conflicts"], partials["corrections"]), 0)
    rows = partials.filter(is_hit).select([*KEY, *COUNTED]).to_pandas().astype({"tag": str})
    findings = []
    hit = set(rows["tag"])
    for tag in (tag for tag in tags if tag.tag in hit):
        own = rows[rows["tag"] == tag.tag]
        for name, kind in (("conflicts", SETTLED if wins else UNSETTLED), ("corrections", CORRECTED)):
            if own[name].any():
                findings.append(_build_clash(tag, own[own[name] > 0], name, kind, tags.plant, wins))
    return findings


def _build_clash(tag: Tag, rows: pd.DataFrame, name: str, kind: Kind, plant: str, wins: str | None) -> Finding:
    apart = (rows["clash_to"] - rows["clash_from"]).abs()
    widest = rows.iloc[int(apart.argmax())]
    start, end = (pd.Timestamp(rows["start"].agg(which), tz="UTC") for which in ("min", "max"))
    values = {
        "tag": tag.tag,
        "moments": float(rows[name].sum()),
        "most_apart": float(apart.max()),
        "example_one": float(widest["clash_from"]),
        "example_other": float(widest["clash_to"]),
        "example_at": pd.Timestamp(widest["clash_at"], tz="UTC").isoformat(),
    }
    values |= {"wins": wins} if kind == SETTLED else {}
    return Finding(kind, plant, tag.column, start, end + pd.Timedelta("1h"), values)
