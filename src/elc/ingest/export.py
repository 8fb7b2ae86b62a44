"""Read a historian's export into the hourly table, or what there is of it, with the engine that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from elc.errors import check_faults
from elc.fields import TIME
from elc.findings import Finding, Kind, build_frame
from elc.ingest import written_units
from elc.ingest.ageing import add_age, find_turnaround_faults
from elc.ingest.clock import build_doubled_hours, build_missed_hours, find_doubled_spans
from elc.ingest.conflicts import find_clashes
from elc.ingest.derived import add_derived, add_energy
from elc.ingest.engine import connect
from elc.ingest.files import FileDoubt, Source
from elc.ingest.hourly import build_hourly
from elc.ingest.names import find_unread, read_names
from elc.ingest.partitions import open_cache, read_partials
from elc.ingest.sources import Survey
from elc.ingest.traces import Traces
from elc.settings import StageSettings, TagList

OF_FILES = tuple(
    Kind(check, needs=("tag", "file", "readings", "example"))
    for check in (
        "unknown_quality", "no_quality", "text_value", "large_value", "passed_over", "no_tag", "unknown_unit",
        "empty_cell", "no_data",
    )
)  # fmt: skip


def read_export(
    places: Path | Sequence[Path], tags: TagList, settings: StageSettings, *, cache: Path
) -> tuple[pd.DataFrame, Traces, pd.DataFrame]:
    """Read an export into the hourly table; days that have not changed since the last time are taken from the cache.

    Args:
        places: the export's folder, or folders, of which some may be missing; or one file.
        tags: of the plant.
        settings: of the plant.
        cache: folder of what was worked out before.

    Returns:
        hourly (intervals, columns) with `time_utc`, a column per mapped quantity, its coverage, the age since a
        turnaround where it is computed, and `energy_gj_per_h`; what the readings did inside each interval; and
        findings.

    Raises:
        ElcError: the export or the tag list cannot be used; every fault is named.
    """
    survey, partials, sources = _read_partials(places, tags, settings, cache)
    _check_partials(partials, tags.read, survey.where)
    return _build_tables(survey, partials, sources, _settle(tags, survey.tags), settings)


@dataclass(frozen=True)
class Inventory:
    """What an export holds of a tag list: `names` of all its tags, and what `read_export` makes of the listed ones.

    `unread` are columns beside those of time, tag, value, quality and unit. `tags` are those of the list that have
    a reading, or are computed beside them. The tables are empty where there is no reading.
    """

    names: list[str]
    unread: list[str]
    tags: TagList
    hourly: pd.DataFrame
    traces: Traces
    findings: pd.DataFrame


def read_inventory(export: Path, tags: TagList, settings: StageSettings, *, cache: Path) -> Inventory:
    """Read what there is of an export (a folder or a file), be it all that the tag list asks for or not.

    Raises:
        ElcError: a file of the export cannot be used, or the tag list has an unknown carrier; every fault is named.
    """
    survey, partials, sources = _read_partials(export, tags, settings, cache)
    names, unread = read_names(survey, sources, settings), find_unread(sources)
    found = set(pc.unique(partials["tag"]).to_pylist())
    if not found:
        empty = pd.DataFrame()
        return Inventory(
            names, unread, TagList(tags.plant, ()), empty, Traces(empty, empty, empty, empty), build_frame([])
        )
    listed = _settle(tags, survey.tags)
    read = {tag.column for tag in listed.used if tag.tag in found}
    present = TagList(
        tags.plant,
        tuple(
            tag
            for tag in listed.used
            if tag.is_computed or tag.tag in found or (tag.formula and read.issuperset(tag.formula.parts))
        ),
    )
    return Inventory(names, unread, present, *_build_tables(survey, partials, sources, present, settings))


def read_units(export: Path, tags: TagList, settings: StageSettings, *, cache: Path) -> dict[str, str]:
    """Read the unit that an export names for each tag, in a column or behind its numbers.

    Raises:
        ElcError: a file of the export cannot be used.
    """
    survey, _, sources = _read_partials(export, tags, settings, cache)
    names = [tag.tag for tag in tags]
    found: dict[str, str] = {}
    with connect(settings.engine, survey.where) as engine:
        for name, source in sources.items():
            path = survey.layouts.find_path(name, source.key, source.layout)
            found = written_units.read_units(engine, source.layout, path, survey.export, names) | found
    return found


def _read_partials(
    places: Path | Sequence[Path], tags: TagList, settings: StageSettings, cache: Path
) -> tuple[Survey, pa.Table, dict[str, Source]]:
    unknown = {tag.carrier for tag in tags if tag.role == "energy"} - set(settings.plant.carriers)
    faults = [
        f"carrier {name} of the tag list is not under carriers in params.yaml. Add it." for name in sorted(unknown)
    ]
    faults += find_turnaround_faults(tags, settings.plant, where="params.yaml")
    check_faults(f"plant {tags.plant}", faults)
    chosen = [places] if isinstance(places, Path) else places
    survey = Survey(chosen, open_cache(cache, tags.read, settings), tags.read, settings)
    return survey, *read_partials(survey, settings)


def _settle(tags: TagList, read: TagList) -> TagList:
    """Put what reading the export told of its tags (`read`) into the whole list."""
    settled = {tag.tag: tag for tag in read.tags}
    return TagList(tags.plant, tuple(settled.get(tag.tag, tag) for tag in tags.tags))


def _build_tables(
    survey: Survey, partials: pa.Table, sources: dict[str, Source], tags: TagList, settings: StageSettings
) -> tuple[pd.DataFrame, Traces, pd.DataFrame]:
    measured, traces, resets = build_hourly(partials, tags.read, settings)
    clashes = find_clashes(partials, tags.read, settings.plant.export.conflicts)
    aged, undated = add_age(measured, tags, settings)
    derived, traces = add_derived(aged, traces, tags)
    hourly = add_energy(derived, tags, settings.plant.carriers)
    bounds = hourly[TIME].iloc[0], hourly[TIME].iloc[-1]
    single = survey.find_single(sources.values())
    changes = survey.find_untold(sources.values())
    untold = find_doubled_spans(changes, *bounds)
    days = sorted({day for source in sources.values() for day in source.days})
    doubts = [
        _build_doubt(name, source.days or days, doubt, tags)
        for name, source in sources.items()
        for doubt in source.doubts
    ]
    doubled = find_doubled_spans([change for change in changes if change not in single], *bounds)
    clock = build_doubled_hours(tags.plant, doubled)
    clock += build_missed_hours(tags.plant, survey.export.time_zone, single)
    return hourly, replace(traces, untold=tuple(untold)), build_frame([*resets, *clashes, *undated, *clock, *doubts])


def _check_partials(partials: pa.Table, tags: TagList, where: str) -> None:
    """Every listed tag must be in the export at least once, and something in it must be good."""
    present = set(pc.unique(partials["tag"]).to_pylist())
    missing = [tag.tag for tag in tags if tag.tag not in present]
    faults = []
    if missing:
        faults.append(
            f"{len(missing)} of {len(list(tags))} tags are missing: {', '.join(missing)}. Add them to the export, "
            f"or set their role to ignore in data/plants/{tags.plant}/tags.csv."
        )
    if partials.num_rows and pc.all(pc.is_null(partials["low"])).as_py():
        faults.append("holds no reading of good quality. Check its quality column, or set ingest.accept_uncertain.")
    check_faults(where, faults)


def _build_doubt(name: str, days: Sequence[int], doubt: FileDoubt, tags: TagList) -> Finding:
    column = next((tag.column for tag in tags if tag.tag == doubt.tag), "")
    kind = next(kind for kind in OF_FILES if kind.check == doubt.check)
    start, end = (pd.Timestamp(day, unit="D", tz="UTC") for day in (days[0], days[-1] + 1))
    values = {"tag": doubt.tag, "file": name, "readings": float(doubt.count), "example": doubt.example}
    return Finding(kind, tags.plant, column, start, end, values)
