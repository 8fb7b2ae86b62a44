"""Sparkplug B: names come with a birth, numbers with short aliases, and a death makes them bad."""

from elc.listen.sparkplug.form import SparkplugForm
from elc.listen.sparkplug.message import build_payload_class, build_rebirth
from elc.listen.sparkplug.nodes import NodeAnswer, Nodes

__all__ = ["NodeAnswer", "Nodes", "SparkplugForm", "build_payload_class", "build_rebirth"]
