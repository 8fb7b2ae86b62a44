"""Readings by query: what is new in the historians and databases of a plant becomes day files that ingest reads."""

from elc.fetch.draft import Offer, fetch_offer, read_sources
from elc.fetch.run import Fetched, Wanted, fetch_plant
from elc.fetch.source import SourceTag

__all__ = ["Fetched", "Offer", "SourceTag", "Wanted", "fetch_offer", "fetch_plant", "read_sources"]
