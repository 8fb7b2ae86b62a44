"""What runs the expressions: one small class per engine with the same interface, so that no stage branches on it."""

from elc.ingest.engine.connection import connect
from elc.ingest.engine.pool import Engines
from elc.ingest.engine.protocol import Engine

__all__ = ["Engine", "Engines", "connect"]
