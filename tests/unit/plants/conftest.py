"""A project to which plants are added."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import copy_settings
from tests.unit.plants.brought import ENTRY, EXPORT, TAGS, Given


@pytest.fixture
def given(tmp_path: Path) -> Given:
    project = copy_settings(tmp_path / "project")
    brought = tmp_path / "brought"
    brought.mkdir()
    for name, text in (("export.csv", EXPORT), ("tags.csv", TAGS), ("plant.yaml", ENTRY)):
        (brought / name).write_text(text, encoding="utf-8")
    return Given(project, brought / "export.csv", brought / "tags.csv", brought / "plant.yaml")
