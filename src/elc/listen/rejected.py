"""What could not be taken, as JSON lines, bounded by size: the older half goes when the file is full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import orjson

from elc.listen.log import write_log
from elc.listen.model import Reject

FILE, FORMER = "rejected.jsonl", "rejected.1.jsonl"
MIB = 1 << 20


def write_rejects(folder: Path, rejects: Sequence[Reject], *, max_mib: float) -> None:
    """Append what was rejected to `rejected.jsonl`; what stood there before is `rejected.1.jsonl` once it is half full.

    Raises:
        OSError: it cannot be written.
    """
    if not rejects:
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    if path.exists() and path.stat().st_size > max_mib * MIB / 2:
        if (folder / FORMER).exists():
            write_log("warning", "rejected_dropped", file=str(folder / FORMER), max_mib=max_mib)
        path.replace(folder / FORMER)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    lines = [orjson.dumps({"rejected_at": moment, **asdict(reject)}) + b"\n" for reject in rejects]
    with path.open("ab") as file:
        file.write(b"".join(lines))
