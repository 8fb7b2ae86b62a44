"""The operator page at `/`: the present hour of a plant, what to do about it, and what if."""

from elc.service.page.routes import build_routes

__all__ = ["build_routes"]
