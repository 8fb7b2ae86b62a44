"""Run one stage of one plant: its notebook through papermill, strictly, with equal bytes for equal runs."""

from elc.runner.execute import PAGES, find_stages, run_stage
from elc.runner.inputs import check_fetched
from elc.runner.parameters import check_parameters, read_parameters
from elc.runner.stable import normalise

__all__ = [
    "PAGES",
    "check_fetched",
    "check_parameters",
    "find_stages",
    "normalise",
    "read_parameters",
    "run_stage",
]
