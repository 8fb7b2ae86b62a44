"""What makes an alert: texts that any receiver can read, and an id that is the same in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from elc.records.alerts import Alert


def build_alert(
    plant: str,
    kind: str,
    subject: str,
    sentence: str,
    *,
    since: datetime | None,
    last: datetime | None,
    values: Mapping[str, float] | None = None,
    advice: str = "",
) -> Alert:
    """Build an alert: `since` and `last` (UTC) are its start, and the end of what was seen.

    Its id is made of plant, kind, subject and start. Where the start is not known, `since` is None, and the end of what
    was seen stands in for it. `advice` says what to do while it lasts.
    """
    start = since or last
    text = "|".join((plant, kind, subject, "" if start is None else start.isoformat()))
    return Alert(
        plant=plant,
        kind=kind,
        subject=subject,
        sentence=_clean(sentence),
        since=since,
        last=last,
        values=dict(values or {}),
        id=hashlib.sha256(text.encode()).hexdigest()[:16],
        advice=_clean(advice),
    )


def _clean(text: str) -> str:
    """A file's name in a text may hold what no receiver can read."""
    return text.encode("utf-8", "replace").decode()
