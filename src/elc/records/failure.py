"""What failed: `reports/receipts/<plant>/<stage>.failed.json`, until the stage succeeds. `elc.failures` keeps it."""

from __future__ import annotations

from elc.records.record import Record


class Failure(Record):
    """A stage of a plant that did not succeed when it last ran."""

    plant: str
    """The plant's id; empty where it is no plant's, as of the site."""
    stage: str
    """The stage: one of the pipeline, or `version` where the version in use may not be used."""
    sentence: str
    """Why it failed; paths under the project are relative."""
    since: str = ""
    """When it failed first since it last succeeded (ISO 8601 in UTC); empty where nobody knows."""
