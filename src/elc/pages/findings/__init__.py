"""Findings in sentences: one place for all of them, so that a word can change without any result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from elc.findings import SENTENCE, WRITTEN, Finding, list_findings, read_record
from elc.pages.findings import dataset, ingest, models, monitor, quality
from elc.pages.findings.dataset import build_rules_table
from elc.pages.language import say

__all__ = ["SENTENCES", "build_rules_table", "say_finding", "say_findings", "say_record"]

# By check and kind.
SENTENCES = ingest.SENTENCES | quality.SENTENCES | dataset.SENTENCES | models.SENTENCES | monitor.SENTENCES


def say_finding(finding: Finding) -> str:
    """Say a finding in a sentence or two.

    One of a release that kept sentences is said as it was written; one that this release does not know, by its values.
    """
    if finding.kind.name == WRITTEN:
        return str(finding.values[SENTENCE])
    try:
        return SENTENCES[finding.check, finding.kind.name](finding)
    except KeyError:
        values = json.dumps(dict(finding.values), sort_keys=True, ensure_ascii=False)
        return say(
            "{check} {column}: this release has no words for what was found: {values}",
            check=finding.check,
            column=finding.column,
            values=values,
        )


def say_findings(table: pd.DataFrame) -> list[str]:
    """Say each finding of a table, in its order."""
    return [say_finding(finding) for finding in list_findings(table)]


def say_record(record: Mapping[str, Any] | str) -> str:
    """Say a finding that JSON keeps (see `findings.build_record`); releases that kept sentences wrote those."""
    return record if isinstance(record, str) else say_finding(read_record(record))
