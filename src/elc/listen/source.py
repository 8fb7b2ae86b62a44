"""What every source of live readings is to the loop that writes them."""

from __future__ import annotations

from typing import Protocol


class Source(Protocol):
    """A source runs in a thread of its own and puts deliveries into the intake that it was made with."""

    @property
    def name(self) -> str:
        """Its name in params.yaml."""

    @property
    def plants(self) -> tuple[str, ...]:
        """The plants that it may bring readings of."""

    @property
    def lost_since(self) -> str | None:
        """Since when the broker or server has been gone, ISO 8601 in UTC; None while it is there."""

    @property
    def fault(self) -> str | None:
        """Why it is gone, and what to do; None while it is there, or before the first attempt."""

    def start(self) -> None:
        """Connect, and go on trying for as long as it takes."""

    def stop(self) -> None:
        """Send what is confirmed, and end the connection."""
