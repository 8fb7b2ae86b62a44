"""Files that no engine reads as they are: workbooks, messages, and text around or inside a table."""

from elc.ingest.opening.copy import Opened, is_odd, open_file

__all__ = ["Opened", "is_odd", "open_file"]
