"""What could not be accepted, as JSON lines, bounded by size: the older half goes when the file is full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import orjson

from elc.listen.log import write_log_seldom
from elc.listen.model import MOST_SHOWN, Reject

FILE, FORMER = "rejected.jsonl", "rejected.1.jsonl"
MIB = 1 << 20
ROOM = 300  # for the line that says what is left out


def write_rejects(folder: Path, rejects: Sequence[Reject], *, max_mib: float) -> None:
    """Append what was rejected to `rejected.jsonl`; what stood there before becomes `rejected.1.jsonl` first where both
    would be more than half of the limit.

    Raises:
        OSError: it cannot be written.
    """
    if not rejects:
        return
    folder.mkdir(parents=True, exist_ok=True)
    path, most = folder / FILE, int(max_mib * MIB / 2)
    content = _build_lines(rejects, most)
    if path.exists() and path.stat().st_size + len(content) > most:
        if (folder / FORMER).exists():
            write_log_seldom("warning", "rejected_dropped", plant=folder.name, file=FORMER, max_mib=max_mib)
        path.replace(folder / FORMER)
    with path.open("ab") as file:
        file.write(content)


def _build_lines(rejects: Sequence[Reject], most: int) -> bytes:
    """Build no more lines than the file may hold; the last one says how many there are not."""
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    lines: list[bytes] = []
    size = 0
    for place, reject in enumerate(rejects):
        line = orjson.dumps({"rejected_at": moment, **asdict(reject)}) + b"\n"
        size += len(line)
        if size > most - ROOM:
            count = sum(one.count for one in rejects[place:])
            left = Reject("", f"{count} more are not written: listen.max_rejected_mib", "", count=count)
            return b"".join([*lines, orjson.dumps({"rejected_at": moment, **asdict(left)}), b"\n"])
        lines.append(line)
    return b"".join(lines)


def fold(rejects: Sequence[Reject]) -> list[Reject]:
    """Count what one message brought beyond a hundred rejects in one more."""
    shown = list(rejects[:MOST_SHOWN])
    count = sum(reject.count for reject in rejects[MOST_SHOWN:])
    if count:
        shown.append(Reject(shown[0].origin, f"{count} more of the same message", "", count=count))
    return shown
