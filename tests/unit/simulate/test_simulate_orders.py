"""A simulated historian that is played: orders to crews change what is read after them, and nothing before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from elc.errors import ElcError
from elc.paths import Project
from elc.simulate import Historian, Order, write_live
from tests.unit.simulate.conftest import BuildProject

DAYS = 130
END = datetime(2024, 10, 28, tzinfo=UTC)
FROM, TO = pd.Timestamp(END) + pd.Timedelta("30h"), pd.Timestamp(END) + pd.Timedelta("40h")


@pytest.fixture
def project(tmp_path: Path, build_project: BuildProject) -> Project:
    return build_project(tmp_path, days=DAYS, step_min=15)


def read(project: Project, plant: str) -> pd.DataFrame:
    days = [pd.read_parquet(path) for path in sorted(project.live(plant).glob("*.parquet"))]
    return pd.concat(days, ignore_index=True)


def find_tag(project: Project, plant: str, column: str) -> str:
    tags = pd.read_csv(project.tags(plant))
    return str(tags.loc[tags["column"] == column, "tag"].iloc[0])


@pytest.mark.parametrize("plant", ["fjord", "delta"])
def test_what_is_played_without_orders_is_what_is_simulated(project: Project, plant: str) -> None:
    until = END + timedelta(hours=50)
    Historian(project, plant, until).send(until)
    played = read(project, plant)
    for path in project.live(plant).iterdir():
        path.unlink()
    write_live(project, plant, until)
    pd.testing.assert_frame_equal(played, read(project, plant))


def test_an_order_changes_later_readings_only(project: Project) -> None:
    until = END + timedelta(hours=50)
    historian = Historian(project, "fjord", until)
    historian.send(until)
    before = read(project, "fjord")
    historian.order(Order("steam_to_carbon_ratio", 3.5, FROM, TO))
    for path in project.live("fjord").iterdir():
        path.unlink()
    for hour in range(1, 51):
        historian.send(END + timedelta(hours=hour))
    after = read(project, "fjord")
    pd.testing.assert_frame_equal(before[before["time"] < FROM], after[after["time"] < FROM])
    carbon = find_tag(project, "fjord", "steam_to_carbon_ratio")
    held = after[(after["tag"] == carbon) & after["time"].between(FROM, TO, inclusive="left")]
    assert held["value"].median() == pytest.approx(3.5, abs=0.02)
    fuel = find_tag(project, "fjord", "fuel_gas_energy_gj_per_h")
    means = [rows[(rows["tag"] == fuel) & rows["time"].between(FROM, TO)]["value"].mean() for rows in (before, after)]
    assert means[1] > 1.02 * means[0]


def test_an_order_is_bounded_by_the_plant(project: Project) -> None:
    until = END + timedelta(hours=50)
    historian = Historian(project, "fjord", until)
    historian.order(Order("steam_to_carbon_ratio", 90.0, FROM, TO))
    historian.send(until)
    found = read(project, "fjord")
    carbon = found[found["tag"] == find_tag(project, "fjord", "steam_to_carbon_ratio")]
    held = carbon[carbon["time"].between(FROM, TO, inclusive="left")]
    assert held["value"].median() == pytest.approx(3.6, abs=0.02)


def test_an_unknown_setpoint_is_refused(project: Project) -> None:
    historian = Historian(project, "fjord", END + timedelta(hours=50))
    with pytest.raises(ElcError, match=r"fjord: flue_o2 is not a set-point of its crews: did you mean flue_o2_pct\?"):
        historian.order(Order("flue_o2", 3.0, FROM, TO))
