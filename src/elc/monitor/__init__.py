"""How a plant does now, and whether its data and model can be believed."""

from elc.monitor.answer import write_answer
from elc.monitor.changes import LevelChange, build_cusum, find_changes
from elc.monitor.check import Check, check_hours, write_check
from elc.monitor.concept import Concept
from elc.monitor.doubts import find_recent
from elc.monitor.errors import Figure, build_judged, measure_models
from elc.monitor.lasting import find_alerts
from elc.monitor.requests import Asked, read_asked, write_asked
from elc.monitor.setpoints import LeftOff
from elc.monitor.status import (
    Interval,
    Month,
    PlantState,
    build_records,
    build_status,
    write_status,
)
from elc.monitor.verdict import Health, Verdict, build_verdict
from elc.monitor.violations import Violation
from elc.monitor.words import (
    build_doubts_table,
    build_figures_table,
    build_month_table,
    write_head,
    write_health,
)

__all__ = [
    "Asked",
    "Check",
    "Concept",
    "Figure",
    "Health",
    "Interval",
    "LeftOff",
    "LevelChange",
    "Month",
    "PlantState",
    "Verdict",
    "Violation",
    "build_cusum",
    "build_doubts_table",
    "build_figures_table",
    "build_judged",
    "build_month_table",
    "build_records",
    "build_status",
    "build_verdict",
    "check_hours",
    "find_alerts",
    "find_changes",
    "find_recent",
    "measure_models",
    "read_asked",
    "write_answer",
    "write_asked",
    "write_check",
    "write_head",
    "write_health",
    "write_status",
]
