"""What a target is to the rest: a place that takes hours, whole and as often as one likes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from elc.errors import ElcError
from elc.publish.hours import Hour


class UnwrittenError(ElcError):
    """A target did not take hours; they are sent again in the next run."""


class Target(Protocol):
    """One place that hours are written to. To write an hour again replaces it."""

    @property
    def place(self) -> str:
        """Where it is, without a secret; the same place has what was written before."""
        ...

    def write(self, hours: Sequence[Hour], *, newest: Hour) -> None:
        """Write hours of a plant in their order; `newest` is the last one that is judged.

        Raises:
            UnwrittenError: they were not all taken.
        """
        ...
