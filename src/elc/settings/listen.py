"""The section listen of params.yaml: live readings from MQTT or OPC UA. Secrets stand in the environment."""

from __future__ import annotations

from elc.settings.section import Section


class ListenSettings(Section):
    """Where live readings come from, and how they are kept."""
