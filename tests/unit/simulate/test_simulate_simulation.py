"""More days of a simulated plant never change earlier ones, and the committed days are what the simulator gives."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest
import yaml
from numpy._core._multiarray_umath import __cpu_dispatch__

from elc.errors import ElcError
from elc.paths import Project
from elc.settings import read_settings
from elc.simulate import read_truth, simulate_plant
from elc.simulate.simulation import read_simulation
from tests.conftest import run
from tests.unit.simulate.conftest import ROOT, BuildProject

PLANTS = ("fjord", "delta", "steppe")
DAYS = (60, 150, 731, 733)  # each beside LONG; a block ends with day 731
FEW = (150, 733)  # inside the first block, and beyond it
LONG = 1000
STEP_MIN = 15


@dataclass(frozen=True)
class Made:
    """What `simulate_plant` wrote: bytes of each day's file, the true hours and the faults."""

    days: dict[str, bytes]
    hours: pd.DataFrame
    faults: pd.DataFrame
    end: pd.Timestamp


def make(project: Project, plant: str) -> Made:
    simulate_plant(project, plant)
    days = {path.stem: path.read_bytes() for path in sorted(project.raw(plant).iterdir())}
    hours, faults = read_truth(project.truth(plant))
    return Made(days, hours, faults, read_simulation(project, plant).end)


def read_day(content: bytes, folder: Path) -> pd.DataFrame:
    path = folder / "day.parquet"
    path.write_bytes(content)
    return pd.read_parquet(path)


@pytest.fixture(scope="module", params=PLANTS)
def plant(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def long(plant: str, tmp_path_factory: pytest.TempPathFactory, build_project: BuildProject) -> Made:
    folder = tmp_path_factory.mktemp("long")
    return make(build_project(folder, days=LONG, step_min=STEP_MIN), plant)


@pytest.mark.parametrize(
    "days",
    [
        pytest.param(
            days, marks=() if days in FEW else pytest.mark.long(reason="two more lives; two are compared each time")
        )
        for days in DAYS
    ],
)
def test_more_days_never_change_earlier_ones(
    plant: str, days: int, long: Made, tmp_path: Path, build_project: BuildProject
) -> None:
    short = make(build_project(tmp_path, days=days, step_min=STEP_MIN), plant)
    # A file is a day of the site, so the last one may end before that day does.
    *whole, last = short.days
    assert days - 1 <= len(whole) <= days
    assert {day: short.days[day] for day in whole} == {day: long.days[day] for day in whole}
    rows = read_day(short.days[last], tmp_path)
    pd.testing.assert_frame_equal(rows, read_day(long.days[last], tmp_path)[: len(rows)], check_exact=True)
    assert len(short.hours) == days * 24
    pd.testing.assert_frame_equal(short.hours, long.hours[: days * 24], check_exact=True)
    expected = long.faults[long.faults["start"] < short.end]
    pd.testing.assert_frame_equal(short.faults, expected, check_exact=True)


def test_long_life_has_what_the_first_years_have(long: Made) -> None:
    assert (long.hours.index.to_series().diff().dropna() == pd.Timedelta("1h")).all()
    assert not long.hours.drop(columns=["energy_q10_gj_per_h", "energy_q50_gj_per_h"]).isna().any(axis=None)
    late = long.faults[long.faults["start"] >= pd.Timestamp("2026-06-21", tz="UTC")]
    assert {"gap", "frozen", "drift"} <= set(late["kind"])
    assert late["start"].max() < long.end


def test_committed_export_is_what_the_simulator_gives(plant: str, tmp_path: Path, build_project: BuildProject) -> None:
    project = build_project(tmp_path)
    simulate_plant(project, plant)
    assert hash_outputs(project, plant) == read_committed(plant)


def test_another_processor_gives_the_same_bytes(
    tmp_path: Path, build_project: BuildProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numpy and the C library choose code by what the processor has, which differs in the last digit."""
    project = build_project(tmp_path)
    monkeypatch.setenv("NPY_DISABLE_CPU_FEATURES", " ".join(__cpu_dispatch__))
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4")
    code = "from elc import paths, simulate; simulate.simulate_plant(paths.find_project(), 'fjord')"
    done = run(project.root, sys.executable, "-W", "ignore", "-c", code)
    assert done.returncode == 0, done.stderr
    assert hash_outputs(project, "fjord") == read_committed("fjord")


def hash_outputs(project: Project, plant: str) -> dict[str, str]:
    folders = (project.raw(plant), project.truth(plant))
    return {path.relative_to(project.root).as_posix(): hash_folder(path) for path in folders}


def read_committed(plant: str) -> dict[str, str]:
    lock = yaml.safe_load((ROOT / "dvc.lock").read_text(encoding="utf-8"))
    return {out["path"]: out["md5"] for out in lock["stages"][f"simulate@{plant}"]["outs"]}


def hash_folder(folder: Path) -> str:
    """The hash that DVC gives a folder."""
    files = [
        {"md5": hashlib.md5(path.read_bytes()).hexdigest(), "relpath": path.name} for path in sorted(folder.iterdir())
    ]
    return hashlib.md5(json.dumps(files, sort_keys=True).encode()).hexdigest() + ".dir"


def test_end_is_the_first_moment_after_the_days() -> None:
    simulation = read_simulation(Project(ROOT), "delta")
    settings = read_settings(Project(ROOT)).simulate
    assert simulation.end - simulation.start == pd.Timedelta(days=settings.days)
    assert simulation.end == pd.Timestamp("2026-06-21", tz="UTC")


def test_purpose_is_of_all_that_readings_depend_on_but_not_of_the_days() -> None:
    one = read_simulation(Project(ROOT), "delta")
    longer = replace(one, settings=one.settings.model_copy(update={"days": 900}))
    assert longer.build_purpose() == one.build_purpose()
    others = [
        replace(one, settings=one.settings.model_copy(update={"step_min": 10})),
        replace(one, settings=one.settings.model_copy(update={"start": "2024-06-21"})),
        replace(one, spec=one.spec.model_copy(update={"seed": 23})),
        replace(one, tags=one.tags[1:]),
        replace(one, entry=read_settings(Project(ROOT)).plants["fjord"]),
    ]
    assert len({one.build_purpose(), *(other.build_purpose() for other in others)}) == len(others) + 1


def test_plant_without_an_entry_is_refused() -> None:
    with pytest.raises(ElcError, match=r"^params.yaml: plant detla is not simulated: did you mean delta\?$"):
        read_simulation(Project(ROOT), "detla")
