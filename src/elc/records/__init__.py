"""What one part writes as JSON and another reads: a class for each, read in one way and written in one.

Each kind stands in a module of its own, so that who needs one imports no other. docs/records.md lists them all.
"""

from elc.records.record import (
    Kept,
    Moment,
    Record,
    RecordError,
    Sparse,
    append_record,
    format_line,
    format_record,
    parse_record,
    read_lines,
    read_record,
    write_record,
)

__all__ = [
    "Kept",
    "Moment",
    "Record",
    "RecordError",
    "Sparse",
    "append_record",
    "format_line",
    "format_record",
    "parse_record",
    "read_lines",
    "read_record",
    "write_record",
]
