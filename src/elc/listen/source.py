"""The interface of a source of live readings to the loop that writes them."""

from __future__ import annotations

from typing import Protocol

from elc.listen.outage import Outage


class LiveSource(Protocol):
    """A source runs in a thread of its own and puts deliveries into the intake that it was made with."""

    @property
    def name(self) -> str:
        """Its name in params.yaml."""

    @property
    def plants(self) -> tuple[str, ...]:
        """The plants that it may bring readings of."""

    @property
    def outage(self) -> Outage:
        """Since when the broker or server is gone, and why."""

    def start(self) -> None:
        """Connect, and go on trying for as long as it takes."""

    def stop(self) -> None:
        """Send what is confirmed, and end the connection."""
