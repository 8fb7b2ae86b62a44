"""The code that each stage runs, as a small file that DVC compares: a change of wording makes no stage stale."""

from elc.code.record import Code, build_code, write_code
from elc.code.why import Reason, compare_code, find_reasons

__all__ = ["Code", "Reason", "build_code", "compare_code", "find_reasons", "write_code"]
