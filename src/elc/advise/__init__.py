"""Which set-points to move, what it would save, what was advised before, and what came of it."""

from elc.advise.log import (
    Notes,
    build_log,
    build_notes,
    find_logged,
    read_advice,
    read_log,
    read_notes,
    read_outcomes,
    write_advice_files,
    write_log,
    write_outcomes,
)
from elc.advise.moves import COLUMNS, Advice, build_advice, choose_hour, find_reason, find_unlimited
from elc.advise.outcomes import OUTCOMES, build_outcomes
from elc.advise.total import Total, build_total

__all__ = [
    "COLUMNS",
    "OUTCOMES",
    "Advice",
    "Notes",
    "Total",
    "build_advice",
    "build_log",
    "build_notes",
    "build_outcomes",
    "build_total",
    "choose_hour",
    "find_logged",
    "find_reason",
    "find_unlimited",
    "read_advice",
    "read_log",
    "read_notes",
    "read_outcomes",
    "write_advice_files",
    "write_log",
    "write_outcomes",
]
