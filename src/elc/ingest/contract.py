"""The contract of the hourly table: what every stage after ingest relies on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from elc.errors import build_error
from elc.fields import ENERGY, TIME, coverage
from elc.settings import Carrier, TagList

if TYPE_CHECKING:
    from pandera.errors import SchemaError

TIME_TYPE = "datetime64[us, UTC]"
VALUE_TYPE = "float64"
TOLERANCE = 1e-9  # of energy, GJ/h and as a share

# The cells that break a rule: rows of the table, and those columns that the rule is about.
Find = Callable[[pd.DataFrame], pd.DataFrame]


def check_contract(
    hourly: pd.DataFrame,
    tags: TagList,
    carriers: dict[str, Carrier],
    *,
    interval: str,
    weather: Collection[str],
    where: str,
) -> None:
    """Check an hourly table: its columns, their order and types, its clock, coverage and energy.

    - `time_utc` is in UTC, and every row is one interval after the one before, on the interval's grid;
    - then each mapped column and its coverage, in the order of the tag list, what is computed, and last
      `energy_gj_per_h`;
    - coverage is 0 to 1, and a value is missing where its coverage is 0, unless it is `weather`, which may be filled;
    - energy is the sum over carriers, exports against, and missing where any of them is.

    Raises:
        ElcError: with every fault: which column, how many rows, the first of them, what to do.
    """
    mapped = [name for tag in tags for name in (tag.column, coverage(tag.column))]
    computed = [tag.column for tag in tags.used if tag.is_computed]
    columns = list(dict.fromkeys([TIME, *mapped, *computed, ENERGY]))
    rules: dict[str, Find] = {
        f"not one interval ({interval}) after the row before": lambda frame: _find_off_clock(frame, interval),
        "outside 0 to 1": lambda frame: _find_off_coverage(frame, tags),
        "given, but nothing covers them": lambda frame: _find_uncovered(frame, tags, weather),
        "not the sum over carriers": lambda frame: _find_off_energy(frame, tags, carriers),
    }
    faults = [fault for error in _validate(hourly, columns, rules) for fault in _read_faults(error, hourly, rules)]
    if list(hourly.columns) != columns and sorted(hourly.columns) == sorted(columns):
        faults.append(f"its columns are out of order, expected {', '.join(columns[:3])} and so on.")
    if hourly.empty:
        faults.append("it has no row.")
    if faults:
        faults[-1] += f" Write the table again with dvc repro ingest@{tags.plant}."
        raise build_error(where, faults)


def _validate(hourly: pd.DataFrame, columns: list[str], rules: dict[str, Find]) -> list[SchemaError]:
    """Find every fault: pandera tells which they are, and is asked only where there is any."""
    if _is_sound(hourly, columns, rules):
        return []
    with warnings.catch_warnings():
        # pandera imports PySpark where there is one, which warns about pandas 3.
        warnings.filterwarnings("ignore", "PySpark", FutureWarning)
        import pandera.pandas as pa

        schema = pa.DataFrameSchema(
            {name: pa.Column(TIME_TYPE if name == TIME else VALUE_TYPE, nullable=name != TIME) for name in columns},
            checks=[pa.Check(_build_check(find), name=name) for name, find in rules.items()],
            strict=True,
            unique_column_names=True,
        )
        try:
            schema.validate(hourly, lazy=True)
        except pa.errors.SchemaErrors as error:
            return list(error.schema_errors)
    return []


def _is_sound(hourly: pd.DataFrame, columns: list[str], rules: dict[str, Find]) -> bool:
    """Tell whether a table keeps its contract, in a fraction of the time that telling its faults takes."""
    kinds = [TIME_TYPE if name == TIME else VALUE_TYPE for name in columns]
    if list(hourly.columns) != columns or [str(kind) for kind in hourly.dtypes] != kinds:
        return False
    return bool(hourly[TIME].notna().all()) and not any(find(hourly).to_numpy().any() for find in rules.values())


def _build_check(find: Find) -> Callable[[pd.DataFrame], bool]:
    return lambda frame: not find(_choose_sound(frame)).to_numpy().any()


def _choose_sound(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the columns that rules about values can be asked of: named once, and of the right type."""
    is_typed = np.array([str(kind) in (TIME_TYPE, VALUE_TYPE) for kind in frame.dtypes])
    return frame.loc[:, is_typed & ~frame.columns.duplicated(keep=False)]


def _read_faults(error: SchemaError, hourly: pd.DataFrame, rules: dict[str, Find]) -> Iterator[str]:
    """Turn one of pandera's faults into sentences."""
    found = error.failure_cases
    name = getattr(error.schema, "name", None)
    match error.reason_code.name if error.reason_code else "":
        case "COLUMN_NOT_IN_DATAFRAME":
            yield f"column {found} is missing."
        case "COLUMN_NOT_IN_SCHEMA":
            yield f"column {found} is not in the tag list."
        case "DUPLICATE_COLUMN_LABELS":
            yield f"columns appear twice: {', '.join(found)}."
        case "WRONG_DATATYPE":
            yield f"column {name} is of type {hourly[name].dtype}, expected {error.schema.dtype}."
        case "SERIES_CONTAINS_NULLS":
            yield f"column {name}: {len(found)} rows have none, the first is row {found['index'].iloc[0]}."
        case "DATAFRAME_CHECK":
            yield from _read_rows(str(error.check.name), hourly, rules)
        case _:
            yield str(error)


def _read_rows(name: str, hourly: pd.DataFrame, rules: dict[str, Find]) -> Iterator[str]:
    broken = rules[name](_choose_sound(hourly))
    for column, cells in broken.loc[:, broken.any()].items():
        row = int(cells.to_numpy().argmax())
        time = hourly[TIME].iloc[row] if TIME in hourly else "no time"
        yield f"column {column}: {int(cells.sum())} rows are {name}, the first is row {row} ({time})."


def _find_off_clock(frame: pd.DataFrame, interval: str) -> pd.DataFrame:
    if TIME not in frame or frame.empty:
        return frame[[]]
    time, width = frame[TIME], pd.Timedelta(interval)
    former = time.shift().fillna(time.iloc[0].floor(width) - width)  # the first row stands on the grid
    return (time - former).ne(width).to_frame(TIME)


def _find_pairs(frame: pd.DataFrame, tags: TagList) -> list[str]:
    there = set(frame.columns)
    return [tag.column for tag in tags if {tag.column, coverage(tag.column)} <= there]


def _find_off_coverage(frame: pd.DataFrame, tags: TagList) -> pd.DataFrame:
    covered = frame[[coverage(column) for column in _find_pairs(frame, tags)]]
    return ~((covered >= 0) & (covered <= 1))


def _find_uncovered(frame: pd.DataFrame, tags: TagList, weather: Collection[str]) -> pd.DataFrame:
    columns = [column for column in _find_pairs(frame, tags) if column not in weather]
    return frame[columns].notna() & frame[[coverage(column) for column in columns]].eq(0).to_numpy()


def _find_off_energy(frame: pd.DataFrame, tags: TagList, carriers: dict[str, Carrier]) -> pd.DataFrame:
    booked = {tag.column: -1.0 if carriers[tag.carrier].is_export else 1.0 for tag in tags if tag.role == "energy"}
    if not {ENERGY, *booked} <= set(frame.columns):
        return frame[[]]
    total = frame[list(booked)].to_numpy() @ np.array(list(booked.values()))
    is_sum = np.isclose(frame[ENERGY], total, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    return pd.DataFrame({ENERGY: ~is_sum}, index=frame.index)
