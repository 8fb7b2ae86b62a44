"""An alert, and the file in which monitor leaves those of a plant."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from elc.errors import ElcError
from elc.paths import replace_file

FILE = "alerts.json"


@dataclass(frozen=True)
class Alert:
    """One thing that is so now and has lasted: `since` and `last` (UTC) are its start, and the end of what was seen.

    `id` is made of plant, kind, subject and start, so the same alert has the same one in every run. Where the start is
    not known, `since` is None, and the end of what was seen stands in for it. `advice` says what to do while it lasts.
    """

    plant: str
    kind: str
    subject: str
    sentence: str
    since: datetime | None
    last: datetime | None
    values: dict[str, float] = field(default_factory=dict)
    id: str = ""
    advice: str = ""

    def __post_init__(self) -> None:
        for name in ("sentence", "advice"):  # a file's name in it may hold what no receiver can read
            object.__setattr__(self, name, getattr(self, name).encode("utf-8", "replace").decode())
        if not self.id:
            text = "|".join((self.plant, self.kind, self.subject, _write_time(self.since or self.last) or ""))
            object.__setattr__(self, "id", hashlib.sha256(text.encode()).hexdigest()[:16])

    @property
    def key(self) -> str:
        """What is the same of two alerts about the same thing, whenever they began."""
        return f"{self.kind}|{self.subject}"


def build_record(alert: Alert) -> dict[str, Any]:
    """Build what stands in a JSON file; times are ISO 8601 in UTC, what is not known is null."""
    return {**asdict(alert), "since": _write_time(alert.since), "last": _write_time(alert.last)}


def parse_record(record: dict[str, Any]) -> Alert:
    """Read what `build_record` built.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    texts = {name: str(record[name]) for name in ("plant", "kind", "subject", "sentence", "id", "advice")}
    values = {str(name): float(value) for name, value in record["values"].items()}
    return Alert(**texts, since=parse_time(record["since"]), last=parse_time(record["last"]), values=values)


def write_alerts(folder: Path, alerts: Sequence[Alert]) -> None:
    """Write the alerts of a plant as `alerts.json`, whole or not at all."""
    text = json.dumps([build_record(alert) for alert in alerts], indent=2, ensure_ascii=False, allow_nan=False)
    with replace_file(folder / FILE) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_alerts(folder: Path) -> list[Alert]:
    """Read the alerts of a plant.

    Raises:
        ElcError: the file is missing, or is not what `write_alerts` wrote.
    """
    path = folder / FILE
    try:
        return [parse_record(record) for record in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        raise ElcError(f"{path}: no such file. Monitor writes it: elc run monitor {folder.name}") from None
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        again = f"Write it again: elc run monitor {folder.name}"
        raise ElcError(f"{path}: not readable as a list of alerts. {again}") from None


def _write_time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def parse_time(text: str | None) -> datetime | None:
    """Read a time of a record; it has a zone.

    Raises:
        ValueError: it is no time, or has no zone.
    """
    if text is None:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return time
