"""From the hourly table to the hours a curve may learn from: plant state, steady-state gate, chronological split."""

from elc.dataset.baseline import build_constraints, build_statistics, write_baseline
from elc.dataset.files import read_split, write_dataset, write_split
from elc.dataset.soundness import check_drivers, check_fixed, check_sound, find_unsound
from elc.dataset.split import (
    PARTS,
    Split,
    build_split,
    drop_after,
    drop_unsteady,
    find_rated_load,
    summarise,
)
from elc.dataset.states import RUN, explain_states, find_reach, mark_states
from elc.dataset.stops import build_stops
from elc.dataset.sufficiency import check_sufficiency, find_age_bounds, find_insufficient
from elc.dataset.weeks import LEAST_WEEKS, WEEK_DAYS, count_weeks

__all__ = [
    "LEAST_WEEKS",
    "PARTS",
    "RUN",
    "WEEK_DAYS",
    "Split",
    "build_constraints",
    "build_split",
    "build_statistics",
    "build_stops",
    "check_drivers",
    "check_fixed",
    "check_sound",
    "check_sufficiency",
    "count_weeks",
    "drop_after",
    "drop_unsteady",
    "explain_states",
    "find_age_bounds",
    "find_insufficient",
    "find_rated_load",
    "find_reach",
    "find_unsound",
    "mark_states",
    "read_split",
    "summarise",
    "write_baseline",
    "write_dataset",
    "write_split",
]
