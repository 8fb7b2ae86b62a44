"""What `elc fetch` could not have of a plant's sources, as findings."""

from __future__ import annotations

import pandas as pd

from elc.findings import Finding, Kind, build_frame
from elc.paths import Project
from elc.records.fetch import FetchFault, read_fetch_faults
from elc.settings import TagList

_OF_SOURCE = {kind: Kind("fetch", kind, ("source", "example")) for kind in ("failed", "ahead")}
_OF_TAG = {
    kind: Kind("fetch", kind, ("source", "tag", "example"))
    for kind in ("unknown", "text", "time", "quality", "refused")
}


def find_unfetched(project: Project, tags: TagList) -> pd.DataFrame:
    """Find what could not be had on this machine; so it counts in an operation alone, and DVC's results know none.

    Returns:
        findings, one for each spell of each fault.

    Raises:
        RecordError: what `elc fetch` wrote of it cannot be read.
    """
    faults = read_fetch_faults(project.fetch(tags.plant)) if project.environment else []
    columns = {tag.tag: tag.column for tag in tags}
    return build_frame([_build(fault, columns.get(fault.tag, ""), tags.plant) for fault in faults])


def _build(fault: FetchFault, column: str, plant: str) -> Finding:
    kind = (_OF_SOURCE | _OF_TAG)[fault.kind]
    values = {"source": fault.source, "tag": fault.tag, "example": fault.example}
    return Finding(kind, plant, column, fault.since, fault.until, values)
