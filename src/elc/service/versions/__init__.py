"""The versions in memory: loaded whole, swapped without a request noticing."""

from elc.records.swap import Swap
from elc.service.versions.batch import Scored, ScoreError
from elc.service.versions.fleet import Fleet
from elc.service.versions.history import SwapLog
from elc.service.versions.lane import Lane
from elc.service.versions.loaded import Loaded, load

__all__ = ["Fleet", "Lane", "Loaded", "ScoreError", "Scored", "Swap", "SwapLog", "load"]
