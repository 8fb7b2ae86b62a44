"""Render the executed notebooks of all plants as one site that opens from disk without a network."""

from elc.render.site import render_site

__all__ = ["render_site"]
