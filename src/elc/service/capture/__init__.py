"""Requests kept for monitoring: a share of them, as Parquet by day, within a limit of disk that is never silent."""

from elc.service.capture.keep import Capture
from elc.service.capture.read import Rows, read_rows

__all__ = ["Capture", "Rows", "read_rows"]
