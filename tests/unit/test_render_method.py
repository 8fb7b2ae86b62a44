"""The page of the method holds every assumption, limit, price and threshold, and none that is not there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from elc.paths import Project
from elc.render.method import build_method, read_assumptions
from elc.render.method.assumptions import find_assumptions
from elc.render.method.thresholds import read_thresholds
from elc.settings import read_settings

ROOT = Path(__file__).parents[2]
SOURCE = '''LIMIT = 0.1  # ASSUME: more than a tenth is wrong
# not part of it
    # ASSUME: the first line
    # and the second.
    x = 1
    """Do.

    ASSUME: in a docstring,
    two lines.
    """
git grep `ASSUME:` is no choice
'''


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "data" / "plants", tmp_path / "data" / "plants")
    return Project(tmp_path)


def test_assumptions_are_sentences_with_their_place() -> None:
    found = [(one.line, one.sentence) for one in find_assumptions("a.py", SOURCE)]
    assert found == [
        (1, "More than a tenth is wrong"),
        (3, "The first line and the second."),
        (8, "In a docstring, two lines."),
    ]


def test_every_marked_line_of_the_package_is_found(project: Project) -> None:
    command = ["grep", "-rhoE", "ASSUME: .*", "--include=*.py", "--exclude=assumptions.py", str(ROOT / "src" / "elc")]
    marked = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    found = [one for one in read_assumptions(project.params) if one.path != "params.yaml"]
    assert len(found) == len(marked) > 40
    assert all(len(one.sentence) > 20 for one in found)


def test_thresholds_carry_the_words_of_params(project: Project) -> None:
    found = {one.key: one for one in read_thresholds(project.params, ["fjord"])}
    assert found["monitor.max_gap_frac"].value == "0.02"
    assert found["monitor.max_gap_frac"].meaning == "above it a page calls for action"
    assert found["ingest.masks"].value == "range, frozen, spike, unit"
    assert found["dataset.min_hours"].meaning == "fewer steady hours make no curve"


def test_a_plants_own_threshold_stands_beside_its_name(project: Project) -> None:
    text = project.params.read_text().replace(
        "    name: Fjord\n", "    name: Fjord\n    monitor: {max_gap_frac: 0.05}\n"
    )
    project.params.write_text(text)
    found = {one.key: one.value for one in read_thresholds(project.params, ["fjord", "delta"])}
    assert found["monitor.max_gap_frac (fjord)"] == "0.05"
    assert "monitor.max_gap_frac (delta)" not in found


def test_page_tells_prices_by_date_and_limits_of_tags(project: Project) -> None:
    price = 'gas: {price_per_gj: {"2024-06-01": 9.8, "2026-01-01": 10.25}, co2_kg_per_gj: 56.1}'
    text = project.params.read_text().replace("gas: {price_per_gj: 10.5, co2_kg_per_gj: 56.1}", price)
    text = text.replace("electricity: {price_per_gj: 16.0,", "electricity: {price_per_gj: null,")
    project.params.write_text(text)
    page = build_method(project, read_settings(project))
    assert "| gas | 2024-06-01 | 9.80 | 56.10 |" in page
    assert "| gas | 2026-01-01 | 10.25 | 56.10 |" in page
    assert "| steam (exported) | always | 11.00 | 62.00 |" in page
    assert "| electricity | always | – | 8.00 |" in page
    assert "| air temperature, °C | FJ1.TI501 | driver | −45 | 50 |" in page
    assert "lower heating value. The gap is priced as gas." in page
    assert "below 50\u00a0% of the rated load, and 12 hours after a start" in page
    assert build_method(project, read_settings(project)) == page
