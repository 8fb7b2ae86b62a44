"""What ran where and when: the fleet as it stands, a plant's versions, and what was in use on a day.

Only tags that break no rule count here, as when a version is deployed; those that do are named as problems.
"""

from elc.registry.history.fleet import FleetRow, Place, build_fleet, find_strays
from elc.registry.history.moments import clean, read_moment, read_zone
from elc.registry.history.verdict import find_unfollowed
from elc.registry.history.versions import Decided, Held, HistoryRow, build_history, find_at

__all__ = [
    "Decided",
    "FleetRow",
    "Held",
    "HistoryRow",
    "Place",
    "build_fleet",
    "build_history",
    "clean",
    "find_at",
    "find_strays",
    "find_unfollowed",
    "read_moment",
    "read_zone",
]
