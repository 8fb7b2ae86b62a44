"""How the files of an export are written, found from their content."""

from elc.ingest.layout.evidence import OpenError
from elc.ingest.layout.find import find_base, find_files, read_layout
from elc.ingest.layout.model import Fields, Layout, Meaning

__all__ = ["Fields", "Layout", "Meaning", "OpenError", "find_base", "find_files", "read_layout"]
