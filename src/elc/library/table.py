"""A table of somebody's own as the pipeline would hold it: times in UTC, energy in GJ/h, one row an interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from elc.curve import NAMES
from elc.errors import ElcError, build_nearest, check_faults
from elc.fields import ENERGY, TIME, read_unit
from elc.settings import INTERVALS_H, Interval
from elc.units import convert, look_up


def build_hours(frame: pd.DataFrame, *, energy: str, columns: Sequence[str], is_continuous: bool) -> pd.DataFrame:
    """Build the hourly table: time, energy (GJ/h) and columns, in time order; where continuous, without a hole.

    Args:
        frame: rows whose times, aware, are the index or a column `time_utc`.
        energy: a column of power, as its name ends.
        columns: those that are needed beside it, numbers.

    Raises:
        ElcError: a column or the times are not as expected (all faults are named).
    """
    faults = [*_find_name_faults([energy, *columns]), *_find_column_faults(frame, [energy, *columns])]
    check_faults("the table", faults)
    times = _read_times(frame)
    factor = convert(look_up(read_unit(energy).expression or "-"), look_up(read_unit(ENERGY).expression))
    if factor is None:
        raise ElcError(f"the table: energy {energy} is in {read_unit(energy).sign}, expected GJ/h or MW. Convert it.")
    values = {name: frame[name].to_numpy(np.float64, na_value=np.nan) for name in columns}
    power = frame[energy].to_numpy(np.float64, na_value=np.nan) * factor
    table = pd.DataFrame({TIME: times, ENERGY: power, **values}).sort_values(TIME, kind="stable", ignore_index=True)
    if not is_continuous:
        return table
    grid = pd.date_range(table[TIME].iloc[0], table[TIME].iloc[-1], freq=find_interval(table[TIME]), unit="us")
    off = ~table[TIME].isin(grid)
    if off.any():
        raise ElcError(
            f"the table: {int(off.sum())} times lie between intervals, as {table.loc[off, TIME].iloc[0]}. Move them "
            "to the interval's start, or set is_continuous=False if rows are steady states."
        )
    return table.set_index(TIME).reindex(grid).rename_axis(TIME).reset_index()


def find_interval(times: pd.Series) -> Interval:
    """Find the interval that most times are apart.

    Raises:
        ElcError: it is none that a curve can be learnt at.
    """
    steps = times.diff().dropna()
    usual = steps.mode().iloc[0] if len(steps) else pd.Timedelta(0)
    for name in INTERVALS_H:
        if pd.Timedelta(name) == usual:
            return name
    raise ElcError(f"the table: its rows are {usual} apart, expected one of {', '.join(INTERVALS_H)}. Resample it.")


def _find_name_faults(names: Sequence[str]) -> list[str]:
    faults = []
    for name in dict.fromkeys(names):
        try:
            read_unit(name)
        except ElcError as error:
            faults.append(str(error))
            continue
        if not NAMES["column"].fullmatch(name):
            faults.append(f"column {name}: a name consists of lowercase letters, digits and _. Rename it.")
    doubled = [name for name in dict.fromkeys(names) if list(names).count(name) > 1]
    return [*faults, *(f"column {name} is given twice, for different roles. Name it once." for name in doubled)]


def _find_column_faults(frame: pd.DataFrame, names: Sequence[str]) -> list[str]:
    faults = []
    for name in names:
        if name not in frame.columns:
            faults.append(f"column {name} is missing: {build_nearest(name, [str(one) for one in frame.columns])}")
        elif not isinstance(frame[name], pd.Series):
            faults.append(f"column {name} appears in it twice. Drop one.")
        elif not pd.api.types.is_numeric_dtype(frame[name].dtype):
            faults.append(f"column {name} holds {frame[name].dtype}, expected numbers. Convert them.")
    return faults


def _read_times(frame: pd.DataFrame) -> pd.DatetimeIndex:
    given = frame[TIME] if TIME in frame.columns else frame.index
    times = pd.Index(given)
    if frame.empty:
        raise ElcError("the table: it has no rows. Give some months of intervals.")
    if not isinstance(times, pd.DatetimeIndex):
        raise ElcError(
            f"the table: its times are {times.dtype}, expected times as the index or in {TIME}. Convert them."
        )
    if times.tz is None:
        raise ElcError('the table: its times have no time zone. Set one, as in frame.tz_localize("Europe/Oslo").')
    if times.hasnans or times.has_duplicates:
        what = "a missing time" if times.hasnans else f"the time {times[times.duplicated()][0]} twice"
        raise ElcError(f"the table: it holds {what}, expected each interval once. Drop those rows, or average them.")
    return times.tz_convert("UTC").as_unit("us")
