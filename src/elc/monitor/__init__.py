"""How a plant does now, and whether its data and model can be believed."""

from elc.monitor.changes import LevelChange, build_cusum, find_changes
from elc.monitor.check import Check, check_hours, write_check
from elc.monitor.concept import Concept
from elc.monitor.errors import Figure, build_judged, measure_models
from elc.monitor.lasting import Lasting, find_lasting
from elc.monitor.requests import Asked, read_asked
from elc.monitor.setpoints import LeftOff
from elc.monitor.status import (
    Condition,
    Interval,
    Month,
    PlantState,
    build_status,
    write_status,
)
from elc.monitor.verdict import Health, Verdict, build_verdict
from elc.monitor.violations import Violation

__all__ = [
    "Asked",
    "Check",
    "Concept",
    "Condition",
    "Figure",
    "Health",
    "Interval",
    "Lasting",
    "LeftOff",
    "LevelChange",
    "Month",
    "PlantState",
    "Verdict",
    "Violation",
    "build_cusum",
    "build_judged",
    "build_status",
    "build_verdict",
    "check_hours",
    "find_changes",
    "find_lasting",
    "measure_models",
    "read_asked",
    "write_check",
    "write_status",
]
