"""What operators answered to advice: a line of `data/advice_notes/<plant>.jsonl`."""

from __future__ import annotations

from datetime import datetime

from pydantic import field_validator

from elc.records.record import Sparse


class Answer(Sparse):
    """What was answered to a move of an hour; a line that somebody wrote by hand need not say `by` and `at`."""

    hour: str
    """Start of the hour that was advised (ISO 8601 with its zone)."""
    setpoint: str
    """Column of the set-point that was to move."""
    answer: str
    """`followed` or `not possible`."""
    why: str = ""
    """The reason, in one line; may be empty."""
    by: str = ""
    """Whose key it came with."""
    at: str = ""
    """When it came (ISO 8601 in UTC)."""

    @property
    def start(self) -> datetime:
        """The hour as a time (aware)."""
        return datetime.fromisoformat(self.hour)

    @field_validator("hour")
    @classmethod
    def _check_hour(cls, text: str) -> str:
        if datetime.fromisoformat(text).tzinfo is None:
            raise ValueError("a time in ISO 8601 with its zone")
        return text

    @field_validator("setpoint", "answer")
    @classmethod
    def _check_text(cls, text: str) -> str:
        if not text:
            raise ValueError("a text")
        return text
