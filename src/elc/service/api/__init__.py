"""The interface for other systems: plants, cards, predictions and gaps, with the document that describes it."""

from elc.service.api.requests import Requests, Shortcut
from elc.service.api.routes import build_routes

__all__ = ["Requests", "Shortcut", "build_routes"]
