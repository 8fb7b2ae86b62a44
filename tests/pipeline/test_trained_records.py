"""Records of a run: read and written again, they have the same bytes."""

from __future__ import annotations

import re

import pytest

from elc.paths import Project
from elc.records import format_record, read_record
from elc.records.files import FILES, File

MADE = [file for file in FILES if file.path.startswith(("models/", "reports/metrics/", "data/processed/"))]


@pytest.mark.parametrize("file", MADE, ids=lambda file: file.kind.__name__)
def test_what_a_run_wrote_is_written_again_as_it_was(demo_project: Project, file: File) -> None:
    paths = sorted(demo_project.root.glob(re.sub(r"<\w+>", "*", file.path)))
    assert len(paths) == 3
    for path in paths:
        assert format_record(read_record(path, file.kind, cure="")) == path.read_text(encoding="utf-8"), path
