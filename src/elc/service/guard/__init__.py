"""Who may ask the service, how much and how often; the same care for every answer."""

from elc.service.guard.access import Access, build_routes, open_access
from elc.service.guard.audit import AuditFile, find_audit
from elc.service.guard.changes import add_client, remove_client, rotate_key
from elc.service.guard.keys import NOBODY, Book, KeyFile, find_keys, read_book
from elc.service.guard.middleware import Guard
from elc.service.guard.start import build_uvicorn_options, check_start

__all__ = [
    "NOBODY",
    "Access",
    "AuditFile",
    "Book",
    "Guard",
    "KeyFile",
    "add_client",
    "build_routes",
    "build_uvicorn_options",
    "check_start",
    "find_audit",
    "find_keys",
    "open_access",
    "read_book",
    "remove_client",
    "rotate_key",
]
