"""Sparkplug B: names come with a birth, numbers with short aliases, and a death makes them bad."""

from elc.listen.sparkplug.message import build_payload_class
from elc.listen.sparkplug.nodes import Answer, Nodes, build_rebirth

__all__ = ["Answer", "Nodes", "build_payload_class", "build_rebirth"]
