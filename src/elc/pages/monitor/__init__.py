"""The monitoring page: how the plant does and what to do, what it cost, and what can be believed; and its alerts."""

from elc.pages.monitor.alerts import build_alerts
from elc.pages.monitor.answer import write_answer
from elc.pages.monitor.asked import write_asked
from elc.pages.monitor.doubts import build_doubts_table
from elc.pages.monitor.health import write_head, write_health
from elc.pages.monitor.recommendation import say_recommendation
from elc.pages.monitor.record import build_record
from elc.pages.monitor.tables import build_figures_table, build_month_table

__all__ = [
    "build_alerts",
    "build_doubts_table",
    "build_figures_table",
    "build_month_table",
    "build_record",
    "say_recommendation",
    "write_answer",
    "write_asked",
    "write_head",
    "write_health",
]
