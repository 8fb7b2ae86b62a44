"""Render the executed notebooks of all plants as one site that opens from disk without a network."""

from elc.records.status import Status
from elc.render.site import render_site
from elc.render.status import read_status

__all__ = ["Status", "read_status", "render_site"]
