"""The page of the method: how the numbers are made, what they rest on, and what is not judged."""

from elc.render.method.assumptions import Assumption, read_assumptions
from elc.render.method.page import build_method

__all__ = ["Assumption", "build_method", "read_assumptions"]
