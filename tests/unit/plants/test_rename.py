"""Renaming a plant: settings and readings move, the rest goes, and nothing else has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from elc.cli import main
from elc.errors import ElcError
from elc.hourly.lock import hold_hourly_lock
from elc.paths import Project
from elc.plants import find_remains, rename_plant
from elc.settings import read_settings
from tests.conftest import copy_settings, git, run
from tests.unit.plants.test_remove import find_named, snapshot, write_all

MOVED = ("data/plants/{}/tags.csv", "data/raw/{}/a.csv", "data/live/{}/a.csv")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The demo project's settings, with all that a plant and its namesakes leave."""
    project = copy_settings(tmp_path)
    for plant in ("fjord", "fjord_2", "old_fjord"):
        write_all(project, plant)
    return project


def rename(project: Project, plant: str, new: str) -> None:
    rename_plant(project, find_remains(project, plant), new)


def edit(project: Project, old: str, new: str) -> None:
    text = project.params.read_text(encoding="utf-8")
    assert old in text
    project.params.write_text(text.replace(old, new, 1), encoding="utf-8")


def read_params(project: Project) -> Any:
    return YAML(typ="safe").load(project.params)


def test_settings_and_readings_move_and_all_else_goes(project: Project) -> None:
    before, params = snapshot(project), read_params(project)
    rename(project, "fjord", "mill")
    after = snapshot(project)
    assert {path: after[path] for path in after.keys() - before.keys() if "lock" not in path} == {
        place.format("mill"): before[place.format("fjord")] for place in MOVED
    } | {"data/raw/mill.dvc": before["data/raw/fjord.dvc"]}
    assert all("fjord_2" in path.name or "old_fjord" in path.name for path in find_named(project, "fjord"))
    assert all(after[path] == before[path] for path in before if "fjord_2" in path or "old_fjord" in path)
    found = read_params(project)
    assert found["plants"].pop("mill") == params["plants"].pop("fjord")
    assert found["simulate"]["plants"].pop("mill") == params["simulate"]["plants"].pop("fjord")
    assert found == params


def test_every_place_that_names_it_is_changed_and_no_other_sign(project: Project) -> None:
    edit(project, "    plants: all             # or a list", "    plants: [delta, 'fjord']  # of fjord")
    edit(project, "  mqtt: {}", '  mqtt: {site: {host: example.org, topics: ["site/{tag}"], plant: "fjord"}}')
    before = project.params.read_text(encoding="utf-8").splitlines()
    rename(project, "fjord", "mill")
    after = project.params.read_text(encoding="utf-8").splitlines()
    changed = {old.strip(): new.strip() for old, new in zip(before, after, strict=True) if old != new}
    assert len(changed) == 4
    assert changed["plants: [delta, 'fjord']  # of fjord"] == "plants: [delta, 'mill']  # of fjord"
    settings = read_settings(project)
    assert settings.environments["dev"].plants == ["delta", "mill"]
    assert settings.listen.mqtt["site"].plant == "mill"


def test_data_version_control_knows_the_export_by_its_new_name(tmp_path: Path) -> None:
    project, editor = copy_settings(tmp_path), YAML()
    params = editor.load(project.params)
    del params["simulate"]["plants"]["steppe"]  # DVC would make its export
    editor.dump(params, project.params)
    project.raw("steppe").mkdir(parents=True)
    (project.raw("steppe") / "a.csv").write_text("time,tag,value\n", encoding="utf-8")
    assert run(tmp_path, "dvc", "add", "data/raw/steppe").returncode == 0
    rename(project, "steppe", "mill")
    said = run(tmp_path, "dvc", "status", "data/raw/mill.dvc")
    assert said.returncode == 0, said.stderr
    assert "up to date" in said.stdout


@pytest.mark.parametrize("place", ["elc.plants.rename.remove_all", "elc.plants.rename._name_export"])
def test_what_a_killed_run_left_is_ended_by_the_next(
    project: Project, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(place, die)
        with pytest.raises(KeyboardInterrupt):
            rename(project, "fjord", "mill")
    rename(project, "fjord", "mill")
    assert all((project.root / place.format("mill")).exists() for place in MOVED)
    assert all("fjord_2" in path.name or "old_fjord" in path.name for path in find_named(project, "fjord"))


@pytest.mark.parametrize(
    ("plant", "new", "words"),
    [
        ("fjrd", "mill", r"^params\.yaml: plant fjrd is unknown: did you mean fjord\?"),
        ("fjord", "../mill", r"a plant's id consists of lowercase letters"),
        ("fjord", "delta", r"(?s)^rename plant fjord: .*data/plants/delta already exists\. Choose another id\."),
        ("fjord", "steppe", r"plants\.steppe of params\.yaml already exists\. Choose another id\."),
        ("fjord", "fjord", r"already exists\. Choose another id\."),
        (
            "fjord_2",
            "mill",
            r"^rename plant fjord_2: it is not in params\.yaml, but some of its files are left\. .* elc plant remove",
        ),
        ("fjord", "former", r"versions of an earlier plant former: v1\.0\.0\. Choose another id\."),
        ("fjord", "mill", r"^hourly: another run of prod has not finished"),
    ],
)
def test_fault_is_named_and_nothing_has_changed(project: Project, plant: str, new: str, words: str) -> None:
    write_all(project, "delta")
    git(project.root, "tag", "--annotate", "former@v1.0.0", "--message", "a version")
    (project.operate("prod").place / "hourly.lock").touch()
    before = snapshot(project)
    with hold_hourly_lock(project.operate("prod"), wait_s=0), pytest.raises(ElcError, match=words):
        rename(project, plant, new)
    assert {**snapshot(project), "operation/prod/hourly.lock": ""} == {**before, "operation/prod/hourly.lock": ""}


def test_command_says_what_moves_and_what_is_lost(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    git(project.root, "tag", "--annotate", "fjord@v1.0.0", "--message", "a version")
    before = snapshot(project)
    asked = CliRunner().invoke(main, ["plant", "rename", "fjord", "mill"], input="n\n")
    assert asked.exit_code == 1
    assert snapshot(project) == before
    assert "data/live/fjord -> data/live/mill\n" in asked.output
    lost = asked.output.partition("neither Git nor DVC has them")[2]
    assert "operation/prod/data/advice_notes/fjord.jsonl" in lost
    assert "data/live/" not in lost
    done = CliRunner().invoke(main, ["plant", "rename", "fjord", "mill", "--yes"])
    assert done.exit_code == 0, done.output
    assert "plant fjord is mill now. Its versions stay in the registry as fjord: v1.0.0. Next: git add" in done.output
