"""A plant of a project: the numbers that its page shows, in somebody's own notebook."""

from __future__ import annotations

import pytest

import elc
from elc.errors import ElcError
from elc.fields import GAP
from elc.paths import Project

pytestmark = pytest.mark.slow


def test_hours_and_status_are_those_of_the_page(demo_project: Project) -> None:
    plant = elc.Plant("fjord", project=demo_project.root)
    hours, status = plant.hours(), plant.status()
    assert status.gap_gj_per_h == pytest.approx(hours[GAP].iloc[-1])
    assert plant.curve().package.throughput in hours.columns
    assert "candidate" in repr(plant)


@pytest.mark.parametrize(
    ("plant", "environment", "words"),
    [
        ("fjrd", "", r"plant fjrd is unknown: did you mean fjord\?"),
        ("fjord", "prud", "environment prud is unknown"),
    ],
)
def test_what_is_not_in_the_project_is_named(demo_project: Project, plant: str, environment: str, words: str) -> None:
    with pytest.raises(ElcError, match=words):
        elc.Plant(plant, environment=environment, project=demo_project.root)


def test_without_a_deployed_version_there_is_no_curve(demo_project: Project) -> None:
    with pytest.raises(ElcError, match="prod"):
        elc.Plant("fjord", environment="prod", project=demo_project.root).curve()
