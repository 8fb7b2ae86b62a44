"""Can the hours be believed at all? Faults that stop, and doubts that become findings.

What `sufficiency` asks is whether there are enough hours; here it is whether they hold what they seem to hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from elc.dataset.split import PARTS, Split
from elc.errors import check_faults
from elc.fields import AGE, ENERGY, IS_STEADY, TIME, format_value, read_label
from elc.findings import Finding, Kind, build_frame
from elc.settings import StageSettings, TagList

_SPELLS = ("hours", "longest_h", "longest_from", "spells")
SPENT, INFINITE = Kind("soundness", "spent", _SPELLS), Kind("soundness", "infinite", ("tag", "role", *_SPELLS))
COPIES = Kind("soundness", "copies", ("tag", "role", "former", "former_tag", "former_role", "correlation"))
VANISHED = Kind("soundness", "vanished", ("tag", "role", "missing_frac", "intervals"))
# ASSUME: a spread below the precision of the 32-bit numbers that a curve computes with is not a spread.
CONSTANT_FRAC = 1e-6
# ASSUME: above this correlation two columns are one measurement, written twice or read in two places.
COPY = 0.9999
# Time since a turnaround runs with the calendar, as much else does: only the same line is its copy.
EXACT_COPY = 1 - 1e-9
# ASSUME: a column that is missing in more of the later hours leaves too few of them for an honest test.
VANISHED_FRAC = 0.5


def check_sound(split: Split, tags: TagList) -> None:
    """Check that a curve can be trained on a split, wherever its files came from.

    Energy (GJ/h), throughput and drivers are numbers and finite in every part, energy and throughput are positive,
    set-points are finite where they are known, the parts follow each other, and no feature is constant in train.

    Raises:
        ElcError: with every fault: the part, the column, how many hours and the first of them.
    """
    parts = {name: getattr(split, name) for name in PARTS}
    faults = [fault for name, part in parts.items() for fault in _find_unusable(name, part, tags)]
    if not faults:
        faults = [*_find_overlaps(parts), *_find_constant(split.train, tags)]
    check_faults(f"plant {tags.plant}", faults)


def check_fixed(split: Split, fixed_gj_per_h: float, tags: TagList) -> None:
    """Check that a plant has never used less than what is declared to be used whatever its load.

    Raises:
        ElcError: it has, in an interval of the split.
    """
    energy = pd.concat([getattr(split, name)[[TIME, ENERGY]] for name in PARTS], ignore_index=True)
    least = energy.loc[energy[ENERGY].idxmin()]
    if fixed_gj_per_h and fixed_gj_per_h >= least[ENERGY]:
        fault = (
            f"base.fixed_gj_per_h is {fixed_gj_per_h:g} GJ/h, expected less than {least[ENERGY]:.4g} GJ/h, the least "
            f"energy of a steady interval ({least[TIME]:%Y-%m-%d %H:%M} UTC). Lower it in plants.{tags.plant} of "
            "params.yaml, or check the energy tags of that interval."
        )
        check_faults(f"plant {tags.plant}", [fault])


def _find_unusable(name: str, part: pd.DataFrame, tags: TagList) -> Iterator[str]:
    needed = [TIME, ENERGY, *tags.features]
    absent = [column for column in needed if column not in part]
    if absent or part.empty:
        what = f"{', '.join(absent)} missing from the columns of {name}" if absent else f"{name} has no interval"
        yield f"{what}. Build it again: dvc repro dataset@{tags.plant}."
    elif not pd.api.types.is_datetime64_any_dtype(part[TIME]):
        yield f"{TIME} in {name} holds {part[TIME].dtype}, expected times. Write it as timestamps in UTC."
    else:
        setpoints = [column for column in tags.columns("setpoint") if column in part]
        for column in [*needed[1:], *setpoints]:
            yield from _find_bad_values(name, part, column, tags)


def _find_bad_values(name: str, part: pd.DataFrame, column: str, tags: TagList) -> Iterator[str]:
    if not pd.api.types.is_numeric_dtype(part[column]):
        yield f"{column} in {name} holds {part[column].dtype}, expected numbers. Write it as numbers."
        return
    values = part[column].to_numpy(np.float64, na_value=np.nan)
    rules = {"infinite": np.isinf(values)}
    if column not in tags.columns("setpoint"):
        rules["missing"] = np.isnan(values)
    if column in (ENERGY, tags.throughput):
        rules["zero or negative"] = np.isfinite(values) & (values <= 0)
    for what, is_bad in rules.items():
        if is_bad.any():
            first = part.loc[is_bad, TIME].min()
            yield (
                f"{column} is {what} in {is_bad.sum()} of the {len(part)} intervals of {name}, first at "
                f"{first:%Y-%m-%d %H:%M} UTC. {_say_cure(column, tags)}"
            )


def _say_cure(column: str, tags: TagList) -> str:
    if column in tags.columns("setpoint"):
        return f"Give its tag low and high in {_say_tag_list(tags)}, and run ingest again."
    return "Leave these intervals out, as dataset.drop_unsteady does."


def _find_overlaps(parts: dict[str, pd.DataFrame]) -> Iterator[str]:
    for former, later in pairwise(PARTS):
        last, first = parts[former][TIME].max(), parts[later][TIME].min()
        if first <= last:
            yield (
                f"{later} starts at {first:%Y-%m-%d %H:%M} UTC, before {former} ends at {last:%Y-%m-%d %H:%M} UTC: "
                "the curve would be tested on hours that it was trained on. Split by time, as dataset.build_split "
                "does."
            )


def _find_constant(train: pd.DataFrame, tags: TagList) -> Iterator[str]:
    for column in tags.features:
        low, high = float(train[column].min()), float(train[column].max())
        if high - low > CONSTANT_FRAC * max(abs(low), abs(high)):
            continue
        found = f"{_name(column, tags)} is constant in train: {format_value(low, column, with_unit=True)}"
        if column == tags.throughput:
            yield f"{found}. A curve over load needs more than one: check the tag, or add a longer export."
        else:
            yield (
                f"{found}. The curve can learn nothing from it: set its role to state or ignore in "
                f"{_say_tag_list(tags)}."
            )


def check_drivers(marked: pd.DataFrame, tags: TagList, settings: StageSettings) -> None:
    """Check that every driver is known somewhere in the steady hours that would test the curve.

    Hours without a driver are left out before the split, so one that vanished would shorten the history without a
    word, and the curve would be tested on older hours than it seems.

    Args:
        marked: hours with their states (see `mark_states`), before any is left out.
        tags: the tag list, whose drivers are looked at.
        settings: `train_frac` and `valid_frac` of the dataset say which hours test.

    Raises:
        ElcError: with every driver that is missing in all of them, and when it was last known.
    """
    steady = _find_running(marked).sort_values(TIME)
    share = settings.dataset.train_frac + settings.dataset.valid_frac
    test = steady.iloc[round(len(steady) * share) :]
    if len(test):
        gone = [column for column in tags.columns("driver") if test[column].isna().all()]
        check_faults(f"plant {settings.plant_id}", [_explain_gone(column, steady, test, tags) for column in gone])


def _find_running(marked: pd.DataFrame) -> pd.DataFrame:
    return marked[marked[IS_STEADY] & ~(marked[ENERGY] <= 0)]


def _explain_gone(column: str, steady: pd.DataFrame, test: pd.DataFrame, tags: TagList) -> str:
    last = steady.loc[steady[column].notna(), TIME].max()
    known = "it is never known" if pd.isna(last) else f"it is last known at {last:%Y-%m-%d %H:%M} UTC"
    until = "" if pd.isna(last) else "set train_until to the day after, "
    return (
        f"{_name(column, tags)} is missing in all {len(test)} steady intervals from {test[TIME].iloc[0]:%Y-%m-%d} on, "
        f"which would test the curve; {known}. Add an export that has it, {until}or set its role to ignore in "
        f"{_say_tag_list(tags)}."
    )


def find_unsound(marked: pd.DataFrame, split: Split, tags: TagList, settings: StageSettings) -> pd.DataFrame:
    """Find what is doubtful in the hours before the cut-off, and what was left out of the split for it.

    Looks for energy that is zero or negative in steady hours, infinite values, features that are copies of one
    another in train, and energy or drivers missing in most of the steady hours after train.

    Args:
        marked: hours with their states, before any is left out.
        split: what was chosen from them.
        tags: the tag list.
        settings: of the plant.

    Returns:
        Findings (see `elc.findings`), check `soundness`.

    Raises:
        ElcError: see `check_drivers`.
    """
    check_drivers(marked, tags, settings)
    found = [
        *_find_spent(marked, settings),
        *_find_infinite(marked, tags, settings),
        *_find_copies(split.train, tags, settings),
        *_find_vanished(marked, split, tags, settings),
    ]
    return build_frame(found)


def _find_spent(marked: pd.DataFrame, settings: StageSettings) -> Iterator[Finding]:
    is_spent = marked[IS_STEADY] & (marked[ENERGY] <= 0)
    if is_spent.any():
        yield _describe_spells(SPENT, ENERGY, is_spent, marked, settings, {})


def _find_infinite(marked: pd.DataFrame, tags: TagList, settings: StageSettings) -> Iterator[Finding]:
    for column in [ENERGY, *tags.features, *tags.columns("setpoint")]:
        is_infinite = pd.Series(np.isinf(marked[column].to_numpy(np.float64)), index=marked.index)
        if is_infinite.any():
            yield _describe_spells(INFINITE, column, is_infinite, marked, settings, _describe_tag(column, tags))


def _describe_tag(column: str, tags: TagList) -> dict[str, str]:
    """Describe the tag of a column; energy is the sum of several."""
    if column == ENERGY:
        return {"tag": "", "role": "energy"}
    tag = tags.find(column)
    return {"tag": tag.tag, "role": tag.role}


def _describe_spells(
    kind: Kind, column: str, is_bad: pd.Series, marked: pd.DataFrame, settings: StageSettings, values: dict[str, str]
) -> Finding:
    """Describe all spells of bad hours by their sum, their ends and the longest of them."""
    width = settings.plant.interval_length
    width_h = width / pd.Timedelta("1h")
    times = marked.loc[is_bad, TIME].sort_values()
    spell = times.diff().ne(width).cumsum()
    sizes = spell.value_counts(sort=False)
    start, end = times.iloc[0], times.iloc[-1] + width
    longest = times[spell.eq(sizes.idxmax())].iloc[0]
    spells = {
        "hours": len(times) * width_h,
        "longest_h": float(sizes.max()) * width_h,
        "longest_from": longest.isoformat(),
        "spells": float(len(sizes)),
    }
    return Finding(kind, settings.plant_id, column, start, end, {**values, **spells})


def _find_copies(train: pd.DataFrame, tags: TagList, settings: StageSettings) -> Iterator[Finding]:
    start, end = train[TIME].iloc[0], train[TIME].iloc[-1] + settings.plant.interval_length
    features = train[tags.features]
    line = features.corr(method="pearson").abs().to_numpy()
    either = np.fmax(line, features.corr(method="spearman").abs().to_numpy())
    for (row, former), (place, later) in combinations(enumerate(tags.features), 2):
        is_age = AGE in (former, later)
        found = float(line[row, place] if is_age else either[row, place])
        if found > (EXACT_COPY if is_age else COPY):
            first = {f"former_{name}": value for name, value in _describe_tag(former, tags).items()}
            values = {"former": former, **first, **_describe_tag(later, tags), "correlation": found}
            yield Finding(COPIES, settings.plant_id, later, start, end, values)


def _find_vanished(marked: pd.DataFrame, split: Split, tags: TagList, settings: StageSettings) -> Iterator[Finding]:
    running = _find_running(marked)
    later = running[running[TIME] > split.train[TIME].iloc[-1]]
    if later.empty:
        return
    start, end = later[TIME].min(), later[TIME].max() + settings.plant.interval_length
    for column in [ENERGY, *tags.columns("driver")]:
        share = float(later[column].isna().mean())
        if share > VANISHED_FRAC:
            values = {**_describe_tag(column, tags), "missing_frac": share, "intervals": len(later)}
            yield Finding(VANISHED, settings.plant_id, column, start, end, values)


def _name(column: str, tags: TagList) -> str:
    tag = tags.find(column)
    return f"{tag.role.replace('setpoint', 'set-point')} {read_label(column)} ({tag.tag})"


def _say_tag_list(tags: TagList) -> str:
    return f"data/plants/{tags.plant}/tags.csv"
