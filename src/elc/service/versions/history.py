"""What happened to versions while they were served: a file that every worker adds lines to, and `elc swaps` shows."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from elc.errors import ElcError
from elc.paths import Project, append_line

STARTED, LOADED, SHIFTED, LIVE, BACK, REFUSED, KEPT = (
    "started",
    "loaded",
    "shifted",
    "live",
    "fell_back",
    "refused",
    "kept",
)
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


@dataclass(frozen=True)
class Swap:
    """One event: of which plant, from which version to which, and why. `digest` and `assigned` name the package."""

    time: str
    plant: str
    environment: str
    event: str
    version: str
    former: str
    digest: str
    assigned: str
    share: float
    reason: str
    worker: int


def find_path(project: Project) -> Path:
    """The file of events of a project."""
    return project.root / "data" / "service" / "swaps.jsonl"


class History:
    """The file of events. A line that is not whole is passed over: a worker was killed while it wrote."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._refused: dict[tuple[str, str, str], str] = {}

    def add(
        self,
        event: str,
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
        swap = Swap(time, plant, environment, event, version, former, digest, assigned, share, reason, os.getpid())
        append_line(self._path, asdict(swap), mode=0o644)
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
        names = {one.name for one in fields(Swap)}
        found = []
        for line in lines:
            try:
                content = json.loads(line)
            except ValueError:
                continue
            if isinstance(content, dict) and set(content) == names:
                found.append(Swap(**content))
        return found

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
        f"{path}: cannot be read ({error.strerror or error}). The service writes it: run this as the same user, or let "
        "yours read the file and its folder."
    )
