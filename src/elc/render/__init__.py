"""Render the executed notebooks of all plants as one site that opens from disk without a network, and a page as PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elc.render.pdf import build_pdf, write_fleet_pdf, write_pdf, write_report_pdf
from elc.render.receipts import Page

if TYPE_CHECKING:
    from elc.records.status import Status
    from elc.render.site import render_site
    from elc.render.status import read_status

__all__ = [
    "Page",
    "Status",
    "build_pdf",
    "read_status",
    "render_site",
    "write_fleet_pdf",
    "write_pdf",
    "write_report_pdf",
]


def __getattr__(name: str) -> Any:
    """Import what the site is made with when somebody asks for it: a PDF needs no pandas."""
    if name not in __all__:
        raise AttributeError(f"module elc.render has no attribute {name}")
    from elc.render import site, status

    return getattr(site if name == "render_site" else status, name)
