"""How a plant does now, and whether its data and model can be believed."""

from elc.monitor.status import (
    Health,
    Interval,
    Month,
    Status,
    build_records,
    build_status,
    find_recent,
    write_status,
)
from elc.monitor.words import (
    build_month_table,
    write_answer,
    write_head,
    write_health,
)

__all__ = [
    "Health",
    "Interval",
    "Month",
    "Status",
    "build_month_table",
    "build_records",
    "build_status",
    "find_recent",
    "write_answer",
    "write_head",
    "write_health",
    "write_status",
]
