"""One hour's gap has the same parts in the picture, in its sentences, in the tables, and on the operator page."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from elc import curve, explain, settings
from elc.explain import build_waterfall
from elc.fields import BEST, ENERGY, GAP, GAP_HIGH, GAP_LOW, NO_SETPOINTS, TIME, TYPICAL
from elc.findings import build_frame
from elc.pages import figures
from elc.pages.explain import build_causes_table, write_waterfall
from elc.paths import Project
from elc.service.page.now import read_now
from tests.unit.service.packages import write_package
from tests.unit.service.page.present import HOUR, PLANT, ROWS, build_hours, leave_hour, make_project

SIZES = (0.5, 5.0, 500.0, 5000.0)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose hour is explained by a real package."""
    project = make_project(tmp_path_factory.mktemp("parts") / "project")
    write_package(project.model(PLANT), plant=PLANT)
    return project


def explain_hour(project: Project) -> tuple[pd.Series, pd.DataFrame]:
    """Explain the present hour as the stage does, and leave it for the page; returns the hour and its shares."""
    package, chosen = curve.read(project.model(PLANT)), settings.read_plant(project, PLANT)
    hours = build_hours(pd.Timestamp(HOUR), 26.0).assign(**ROWS)
    period = explain.explain_period(package, hours, chosen.explain)
    last = explain.explain_gap(package, hours.iloc[-1], chosen.explain)
    leave_hour(project)
    explain.write_shares(project.operation("explain", PLANT), period, last, build_frame([]))
    return hours.iloc[-1], last


def read_number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "").removeprefix("+"))


def test_one_hour_has_the_same_parts_everywhere(project: Project) -> None:
    hour, shares = explain_hour(project)
    size = float(hour[BEST])
    steps = build_waterfall(hour, shares)
    picture = figures.build_bars(steps, size=size).set_index(steps["step"])["text"].map(read_number)
    table = build_causes_table(shares, size=size)
    listed = dict(zip(shares["setpoint"], table["share, GJ/h"].map(read_number), strict=True))
    now = read_now(project, PLANT, environment="prod", site_language="en")
    page = {cause["setpoint"]: cause["share_gj_per_h"] for cause in now["causes"]}
    page |= {name: now[f"{name}_gj_per_h"] for name in NO_SETPOINTS if name in listed}
    chosen = settings.read_plant(project, PLANT)
    text = write_waterfall(steps, shares, hour, chosen, present=hour[TIME], size=size)
    assert now["notes"] == []
    assert set(page) == set(listed) == set(picture.index) - {"best", "actual"}
    for name, share in shares.set_index("setpoint")["share_gj_per_h"].items():
        assert page[str(name)] == pytest.approx(share)
        assert listed[str(name)] == picture[name] == pytest.approx(share, abs=0.051)
        assert not round(abs(share), 1) or f"{abs(share):.1f} GJ/h" in text
    assert abs(page["good_hours"]) > 0.1  # so that the two definitions that there were would differ
    assert sum(page.values()) == pytest.approx(now[GAP]) == pytest.approx(hour[GAP])
    assert sum(listed.values()) == pytest.approx(hour[GAP], abs=0.2)


@pytest.mark.parametrize("size", SIZES)
def test_parts_are_the_same_for_a_plant_of_any_size(project: Project, size: float) -> None:
    """The same sentences in the same order; the digits of each follow the plant, and no small step is dropped."""
    hour, shares = explain_hour(project)
    factor = size / float(hour[BEST])
    scaled = shares.assign(share_gj_per_h=shares["share_gj_per_h"] * factor)
    names = [ENERGY, BEST, TYPICAL, GAP, GAP_LOW, GAP_HIGH]
    small = pd.Series({**hour, **{name: hour[name] * factor for name in names}})
    chosen, present = settings.read_plant(project, PLANT), hour[TIME]
    steps, whole_steps = build_waterfall(small, scaled), build_waterfall(hour, shares)
    lines = write_waterfall(steps, scaled, small, chosen, present=present, size=size).splitlines()
    told = {"present": present, "size": float(hour[BEST])}
    whole = write_waterfall(whole_steps, shares, hour, chosen, **told).splitlines()

    def drop_sizes(line: str) -> str:
        return re.sub(r"[+−]?[\d.,]+ GJ/h", "#", line)

    assert [drop_sizes(line) for line in lines] == [drop_sizes(line) for line in whole]
    assert not re.search(r"[ +−](0|0\.0+) GJ/h", "\n".join(lines))
    digits = {0.5: 4, 5.0: 3, 500.0: 1, 5000.0: 0}[size]
    assert lines[0] == f"- Best under these conditions is {size:,.{digits}f} GJ/h."


def test_causes_of_other_readings_are_not_shown(project: Project) -> None:
    _, last = explain_hour(project)
    other = last.assign(share_gj_per_h=last["share_gj_per_h"] * 1.1, **{TIME: pd.Timestamp(HOUR)})
    explain.write_shares(project.operation("explain", PLANT), last, other, build_frame([]))
    now = read_now(project, PLANT, environment="prod", site_language="en")
    assert (now["causes"], now["unexplained_gj_per_h"]) == ([], None)
    assert now["notes"] == ["The causes come from later readings; they appear here once this hour is judged with them."]
