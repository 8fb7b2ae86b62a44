"""A draft from an export alone: what it writes can be checked at once, and nothing that is there is overwritten."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from elc.cli import main
from elc.cli.check import Brought, check_plant
from elc.errors import ElcError
from elc.paths import Project
from elc.plants import draft_plant
from elc.settings import read_tags
from tests.conftest import copy_settings

HOURS = 24 * 60


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return copy_settings(tmp_path / "project")


def build_wide() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    load = 50 + 4 * np.sin(np.arange(HOURS) / 300) + rng.normal(0, 0.1, HOURS)
    return pd.DataFrame(
        {
            "Time": pd.date_range("2024-06-01", periods=HOURS, freq="h"),
            "Fuel gas (MMBtu/h)": 26 * load,
            "Power (kW)": 1000 + 30 * load,
            "NH3 product (t/h)": load,
            "Ambient temp (°C)": 15 + 5 * np.sin(np.arange(HOURS) / 24 * 2 * np.pi) + rng.normal(0, 0.3, HOURS),
            "Flue O2 (%)": 2.5 + rng.normal(0, 0.2, HOURS),
            "Remark": "ok",
        }
    )


def write(table: pd.DataFrame, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".xlsx":
        table.to_excel(path, index=False)
    elif path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_draft_can_be_checked_at_once(project: Project, tmp_path: Path, kind: str) -> None:
    export, folder = write(build_wide(), tmp_path / f"a.{kind}"), tmp_path / "mill"
    made = draft_plant(project, "mill", export, folder)
    roles = {tag.tag: tag.role for tag in read_tags(folder / "tags.csv", "mill").tags}
    assert roles == {
        "Fuel gas (MMBtu/h)": "energy",
        "Power (kW)": "energy",
        "NH3 product (t/h)": "throughput",
        "Ambient temp (°C)": "driver",
        "Flue O2 (%)": "setpoint",
        "Remark": "ignore",
    }
    found = check_plant(project, "mill", Brought(export, made.tags, made.entry))
    assert not found.readiness.missing
    means = found.hourly[["fuel_gas_energy_gj_per_h", "power_energy_gj_per_h", "nh3_product_t_per_h"]].mean()
    load = build_wide()["NH3 product (t/h)"].mean()
    assert means.tolist() == pytest.approx([26 * load * 1.05506, (1000 + 30 * load) * 0.0036, load], rel=1e-3)


def test_units_of_a_column_are_taken(project: Project, tmp_path: Path) -> None:
    wide = build_wide().drop(columns="Remark").iloc[:200]
    long = wide.melt("Time", var_name="tag", value_name="value")
    long["unit"] = long["tag"].str.extract(r"\((.+)\)")[0]
    long["tag"] = long["tag"].str.replace(r" \(.+\)", "", regex=True)
    draft_plant(project, "mill", write(long, tmp_path / "a.csv"), tmp_path / "mill")
    tags = {tag.tag: tag for tag in read_tags(tmp_path / "mill" / "tags.csv", "mill").tags}
    assert {name: tag.unit for name, tag in tags.items()} == {
        "Fuel gas": "MMBtu/h",
        "Power": "kW",
        "NH3 product": "t/h",
        "Ambient temp": "°C",
        "Flue O2": "%",
    }


def test_a_works_that_reports_by_the_day_gets_days(project: Project, tmp_path: Path) -> None:
    wide = build_wide().iloc[::24].rename(columns={"Power (kW)": "Power (MWh)"})
    made = draft_plant(project, "mill", write(wide, tmp_path / "a.csv"), tmp_path / "mill")
    assert "interval: 1d" in made.entry.read_text()
    assert next(one.unit for one in made.guesses if one.tag == "Power (MWh)") == "MWh/interval"


def test_an_export_without_units_is_said(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = build_wide().rename(columns=lambda name: name.split(" (")[0])
    export = write(wide, tmp_path / "a.csv")
    monkeypatch.chdir(project.root)
    done = CliRunner().invoke(main, ["plant", "draft", "mill", "--from", str(export)])
    assert done.exit_code == 0, done.output
    assert "No energy could be identified: add it, with its unit, before you check." in done.output
    assert f"Next: elc plant check mill --from {export} --tags mill/tags.csv" in done.output


def test_a_tag_list_that_is_there_stays(project: Project, tmp_path: Path) -> None:
    export = write(build_wide(), tmp_path / "a.csv")
    made = draft_plant(project, "mill", export, tmp_path / "mill")
    former = made.tags.read_bytes()
    with pytest.raises(ElcError, match=r"tags\.csv already exists, and may have been corrected\. Move it away"):
        draft_plant(project, "mill", export, tmp_path / "mill")
    assert made.tags.read_bytes() == former


def test_what_an_export_lacks_is_written_to_the_entry_and_it_is_drafted_again(project: Project, tmp_path: Path) -> None:
    wide = build_wide().rename(columns={"Time": "Stand"})
    export, folder = write(wide, tmp_path / "a.csv"), tmp_path / "mill"
    with pytest.raises(
        ElcError, match=r"(?s)export\.time_column.*Add the keys of export: to .*plant\.yaml, then draft"
    ):
        draft_plant(project, "mill", export, folder)
    assert [path.name for path in folder.iterdir()] == ["plant.yaml"]
    entry = folder / "plant.yaml"
    entry.write_text(entry.read_text().replace("export:\n", "export:\n  time_column: [Stand]\n"))
    made = draft_plant(project, "mill", export, folder)
    assert not made.is_new
    assert "time_column: [Stand]" in entry.read_text()
    assert len(made.guesses) == 6


def test_what_is_not_there_is_said(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ElcError, match=r"plant mill: the export .*none\.csv was not found\."):
        draft_plant(project, "mill", tmp_path / "none.csv", tmp_path / "mill")
    assert not (tmp_path / "mill").exists()
