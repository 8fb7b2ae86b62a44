"""What the status of an HTTP answer means: an error of the source, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from elc.fetch.source import AwayError, RefusedError, SourceError

LATER = (408, 425, 429)  # and 5xx


def check_answer(status: int, headers: Mapping[str, str], text: str, where: str) -> None:
    """Check that a request was answered.

    Args:
        status: of the answer.
        headers: of the answer, whatever the case of their names.
        text: what the answer says, for the sentence.
        where: names the source.

    Raises:
        RefusedError: the source refuses this user (401, 403).
        AwayError: it does not answer now (408, 425, 429, 5xx), and may say for how long.
        SourceError: it answers anything else than success.
    """
    said = " ".join(text.split())[:200]
    found = f"{where}: answered {status}" + (f" ({said})" if said else "")
    if status in (401, 403):
        raise RefusedError(
            f"{found}, expected that this user may read. Check the secret that the source names (docs/fetch.md), and "
            "what the user may read."
        )
    if status in LATER or status >= 500:
        retry_after = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
        raise AwayError(
            f"{found}, expected readings. It is asked again; if this lasts, ask who runs it, or set requests_per_min.",
            retry_after_s=read_retry_after(retry_after),
        )
    if not 200 <= status < 300:
        raise SourceError(f"{found}, expected readings. Check url of the source in params.yaml.")


def read_retry_after(text: str, *, now: datetime | None = None) -> float | None:
    """Read the header Retry-After, seconds or a date, as seconds (0 or more); None where it says nothing."""
    if text.strip().isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
