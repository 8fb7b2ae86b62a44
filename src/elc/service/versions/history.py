"""What happened to versions while they were served: a file that every worker adds lines to, and `elc swaps` shows."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from elc.errors import ElcError
from elc.paths import Project
from elc.records import append_record, read_lines
from elc.records.swap import Event, Swap

STARTED: Final = "started"
LOADED: Final = "loaded"
SHIFTED: Final = "shifted"
LIVE: Final = "live"
BACK: Final = "fell_back"
REFUSED: Final = "refused"
KEPT: Final = "kept"
EVENTS = {
    STARTED: "it is served since the service started",
    LOADED: "it is loaded, proved and warm beside the one in use",
    SHIFTED: "a share of the requests goes to it",
    LIVE: "every request goes to it",
    BACK: "it did not hold; every request goes to the one before",
    REFUSED: "it was not let in; the one before goes on",
    KEPT: "what is deployed cannot be used; the last good one goes on",
}
FINAL = (BACK, REFUSED)


def find_path(project: Project) -> Path:
    """The file of events of a project."""
    return project.root / "data" / "service" / "swaps.jsonl"


class SwapLog:
    """The file of events. A line that is not whole is passed over: a worker was killed while it wrote."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._refused: dict[tuple[str, str, str], str] = {}

    def add(
        self,
        event: Event,
        *,
        plant: str,
        environment: str,
        name: tuple[str, str, str],
        former: str,
        share: float,
        reason: str,
        at: datetime,
    ) -> Swap:
        """Add an event that happened at a moment (aware), on the disk before this returns.

        Raises:
            OSError: it cannot be written.
        """
        version, digest, assigned = name
        time = at.astimezone(UTC).isoformat(timespec="milliseconds")
        swap = Swap(
            time=time,
            plant=plant,
            environment=environment,
            event=event,
            version=version,
            former=former,
            digest=digest,
            assigned=assigned,
            share=share,
            reason=reason,
            worker=os.getpid(),
        )
        append_record(self._path, swap)
        return swap

    def read(self) -> list[Swap]:
        """Read all events, the oldest first.

        Raises:
            ElcError: the file is there and cannot be read.
        """
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _build_unreadable(self._path, error) from None
        return [swap for swap in read_lines(lines, Swap) if swap is not None]

    def find_refusal(self, plant: str, digest: str, assigned: str) -> str:
        """Find why a package is not to be tried again under this assignment; empty where nothing is against it.

        Raises:
            ElcError: the file of events is there and cannot be read.
        """
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise _build_unreadable(self._path, error) from None
        if self._seen != (stat.st_size, stat.st_mtime_ns):
            self._seen = (stat.st_size, stat.st_mtime_ns)
            self._refused = {
                (one.plant, one.digest, one.assigned): one.reason for one in self.read() if one.event in FINAL
            }
        return self._refused.get((plant, digest, assigned), "")

    def find_last_good(self, plant: str, environment: str) -> str:
        """Find the version that was last fully live, empty where none was."""
        good = [
            one.version
            for one in self.read()
            if (one.plant, one.environment) == (plant, environment) and one.event in (STARTED, LIVE)
        ]
        return good[-1] if good else ""


def _build_unreadable(path: Path, error: OSError) -> ElcError:
    return ElcError(
        f"{path}: cannot be read ({error.strerror or error}). The service writes it: run this as the same user, or "
        "give yours the right to read the file and its folder."
    )
