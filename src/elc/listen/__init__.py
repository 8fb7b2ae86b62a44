"""Live readings from MQTT and OPC UA into files that ingest reads: none is lost, and each is in them once."""

from elc.listen.loop import Listening
from elc.listen.sources import listen

__all__ = ["Listening", "listen"]
