"""A plant of a project: the numbers that its page shows, in somebody's own notebook."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import elc
from elc import explain
from elc.errors import ElcError
from elc.fields import GAP, TIME
from elc.paths import Project
from elc.settings import StageSettings

pytestmark = pytest.mark.slow


def test_hours_and_status_are_those_of_the_page(demo_project: Project) -> None:
    plant = elc.Plant("fjord", project=demo_project.root)
    hours, status = plant.hours(), plant.status()
    shown = pd.read_parquet(demo_project.operation("monitor", "fjord") / "hours.parquet").set_index(TIME)
    assert shown[GAP].notna().any()
    pd.testing.assert_series_equal(hours.loc[shown.index, GAP], shown[GAP], check_freq=False)
    last = hours[GAP].iloc[-1]
    assert status.gap_gj_per_h == (None if pd.isna(last) else pytest.approx(last))
    assert plant.curve().package.throughput in hours.columns
    assert "candidate" in repr(plant)


def test_explanation_is_that_of_the_page(demo_project: Project, fjord: StageSettings) -> None:
    plant = elc.Plant("fjord", project=demo_project.root)
    package, hours = plant.curve().package, plant.hours().reset_index()
    recent = hours[hours[TIME] > hours[TIME].max() - pd.Timedelta(60, "D")]
    judged = recent[recent[[GAP, *package.setpoints]].notna().all(axis=1)]
    shares = explain.explain_hours(package, judged, fjord.explain)
    wanted = shares.pivot(index=TIME, columns="setpoint", values="share_gj_per_h")[package.setpoints]
    found = plant.explain(what="setpoints", days=60, most=len(judged))
    assert len(judged) > 50
    assert found.feature_names == package.setpoints
    np.testing.assert_array_equal(found.data, judged[package.setpoints])
    np.testing.assert_allclose(found.values, wanted, rtol=0, atol=1e-9)
    drivers = plant.explain(days=60, most=20)
    assert drivers.values.shape == (20, len(package.features))


def test_the_curve_judges_by_the_settings_of_the_project(
    copied_project: Project, edit_params: Callable[[Project, str, str], None]
) -> None:
    """Not by the defaults: a longer time to settle leaves fewer hours steady, on the page and here."""
    before = elc.Plant("fjord", project=copied_project.root)
    edit_params(copied_project, "settle_after_start_h: 12", "settle_after_start_h: 72")
    plant = elc.Plant("fjord", project=copied_project.root)
    hours = plant.hours()
    gap = plant.curve().gap(hours)
    pd.testing.assert_series_equal(gap[GAP], hours[GAP], check_freq=False)
    assert gap[GAP].count() < before.curve().gap(hours)[GAP].count()


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
