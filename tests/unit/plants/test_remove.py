"""Removing a plant: nothing of it is left but what the registry keeps, and nothing else has changed."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from elc.cli import main
from elc.errors import ElcError
from elc.hourly.lock import hold_hourly_lock
from elc.paths import Project
from elc.plants import find_remains, remove_plant
from elc.plants.remove import _cut
from elc.settings import read_settings
from tests.conftest import copy_settings, git

PLACES = (
    "data/plants/{}/tags.csv",
    "data/raw/{}/a.csv",
    "data/raw/{}.dvc",
    "data/raw/.{}.adding",
    "data/live/{}/a.csv",
    "data/advice_notes/{}.jsonl",
    "data/cache/{}/x/part.parquet",
    "data/cache/.simulated/{}/x.npz",
    "data/cache/.drawn/{}/weeks.json",
    "data/service/capture/{}/1.arrow",
    "models/{}/card.json",
    "deployed/prod/{}/card.json",
    "deployed/prod/.{}.lock",
    "deployed/prod/{}.json",
    "reports/{}/10_ingest.ipynb",
    "reports/_site/{}/50_monitor.html",
    "reports/plots/{}/residuals.csv",
    "reports/train/{}.patch",
    "operation/prod/data/advice_notes/{}.jsonl",
    "operation/prod/data/cache/.drawn/{}/weeks.json",
    "operation/prod/data/monitor/{}/status.json",
    "operation/prod/data/monitor/{}.failed.json",
    "operation/prod/reports/{}/50_monitor.ipynb",
    "operation/prod/reports/receipts/{}/advise.json",
)


def write_all(project: Project, plant: str) -> None:
    for place in PLACES:
        path = project.root / place.format(plant)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(plant, encoding="utf-8")


def snapshot(project: Project) -> dict[str, str]:
    files = (path for path in sorted(project.root.rglob("*")) if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(project.root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def find_named(project: Project, plant: str) -> Iterator[Path]:
    return (path for path in project.root.rglob(f"*{plant}*") if ".git" not in path.parts)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The demo project's settings as they are committed, with all that a plant and its namesakes leave."""
    project = copy_settings(tmp_path)
    for plant in ("fjord", "delta", "fjord_2", "old_fjord"):
        write_all(project, plant)
    (project.operate("prod").place / "hourly.lock").touch()
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "all")
    return project


def remove(project: Project, plant: str) -> None:
    remove_plant(project, find_remains(project, plant))


def test_nothing_is_left_of_it_and_all_else_is_as_it_was(project: Project) -> None:
    before = snapshot(project)
    remove(project, "fjord")
    after = snapshot(project)
    changed = {path for path in before if path in after and before[path] != after[path]}
    assert changed == {"params.yaml", "dvc.yaml", "dvc.lock", "operation/prod/hourly.lock"}
    gone = {path for path in before if path not in after}
    assert {place.format("fjord") for place in PLACES} <= gone
    assert all("fjord" in path and "fjord_2" not in path and "old_fjord" not in path for path in gone)
    assert not after.keys() - before.keys()
    assert all("fjord_2" in path.name or "old_fjord" in path.name for path in find_named(project, "fjord"))


OF_A_PLANT = [
    name
    for name, method in inspect.getmembers(Project, inspect.isfunction)
    if list(inspect.signature(method).parameters) == ["self", "plant"]
]


@pytest.mark.parametrize("environment", ["", "prod"])
@pytest.mark.parametrize("name", [name for name in OF_A_PLANT if name != "exports"])
def test_every_place_that_a_project_has_for_a_plant_goes(project: Project, name: str, environment: str) -> None:
    path = getattr(project.operate(environment), name)("fjord")
    if not path.exists():
        path.mkdir(parents=True)
    remove(project, "fjord")
    assert not path.exists()


@pytest.mark.parametrize("plant", ["fjord", "delta", "steppe"])
def test_every_other_line_of_params_and_of_the_lock_stays(project: Project, plant: str) -> None:
    before = {name: (project.root / name).read_text(encoding="utf-8") for name in ("params.yaml", "dvc.lock")}
    others = [name for name in read_settings(project).plants if name != plant]
    remove(project, plant)
    settings = read_settings(project)
    assert list(settings.plants) == others
    assert plant not in settings.simulate.plants
    for name, text in before.items():
        now = (project.root / name).read_text(encoding="utf-8")
        new = {line.strip() for line in now.splitlines()} - {line.strip() for line in text.splitlines()}
        # What the others share with the first plant is anchored at the second from now on.
        assert new == ({"<<: &good_historian"} if (name, plant) == ("params.yaml", "fjord") else set())
        assert f"@{plant}" not in now
        for other in others:
            assert f"{other}:" in now


def test_what_a_killed_run_left_is_removed_by_the_next(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("elc.plants.remove.remove_deployed", die)
        with pytest.raises(KeyboardInterrupt):
            remove(project, "fjord")
    assert "fjord" not in read_settings(project).plants
    remove(project, "fjord")
    assert all("fjord_2" in path.name or "old_fjord" in path.name for path in find_named(project, "fjord"))
    with pytest.raises(ElcError, match=r"^params\.yaml: plant fjord is unknown: "):
        remove(project, "fjord")


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        ("fjrd", r"^params\.yaml: plant fjrd is unknown: did you mean fjord\?"),
        ("../delta", r"a plant's id consists of lowercase letters"),
        (
            "fjord",
            r"^plant fjord: params\.yaml would have faults without it\..*\n.*prod\.plants: fjord",
        ),
        ("delta", r"^hourly: another run of prod has not finished"),
    ],
)
def test_fault_is_named_and_nothing_has_changed(project: Project, plant: str, words: str) -> None:
    if plant == "fjord":
        text = project.params.read_text(encoding="utf-8")
        head, mark, rest = text.partition("  prod:\n")
        assert "plants: all" in rest
        project.params.write_text(head + mark + rest.replace("plants: all", "plants: [fjord]", 1), encoding="utf-8")
    before = snapshot(project)
    with hold_hourly_lock(project.operate("prod"), wait_s=0), pytest.raises(ElcError, match=words):
        remove(project, plant)
    assert {**snapshot(project), "operation/prod/hourly.lock": ""} == {**before, "operation/prod/hourly.lock": ""}


@pytest.mark.parametrize(
    ("anchored", "used"),
    [
        ("    unit: &unit\n      a: 1   # one\n      b: [2]\n", "      unit: *unit  # as there"),
        ("    unit: &unit {a: 1, b: [2]}\n", "    unit: *unit"),
        ("    unit: &unit\n      a: 1\n\n      b: [2]\n", "    unit:\n      <<: *unit"),
    ],
)
def test_what_others_share_with_it_stays(anchored: str, used: str) -> None:
    lines = f"plants:\n  mill:\n{anchored}  # of the other\n  other:\n{used}\n    c: *unit\n".splitlines(keepends=True)
    if used.startswith("      "):
        lines = [line.replace("    c: ", "      c: ") for line in lines]
    before = YAML(typ="safe").load("".join(lines))
    del before["plants"]["mill"]
    text = "".join(_cut(lines, 1, 2))
    assert YAML(typ="safe").load(text) == before
    assert "  # of the other\n  other:\n" in text


def test_an_entry_that_shares_its_line_is_left_to_people(project: Project) -> None:
    text = project.params.read_text(encoding="utf-8")
    whole = YAML(typ="safe").load(text)["plants"]
    head = text[: re.search(r"(?m)^plants:", text).start()]
    project.params.write_text(f"{head}plants: {json.dumps(whole, default=str)}\n", encoding="utf-8")
    words = r"^params\.yaml: plants\.fjord and simulate\.plants\.fjord shares lines with other entries\. Remove it "
    with pytest.raises(ElcError, match=words):
        remove(project, "fjord")


def test_command_lists_asks_and_says_what_stays(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    git(project.root, "tag", "--annotate", "fjord@v1.0.0", "--message", "a version")
    before = snapshot(project)
    asked = CliRunner().invoke(main, ["plant", "remove", "fjord"], input="n\n")
    assert asked.exit_code == 1
    assert snapshot(project) == before
    assert "plants.fjord\nsimulate.plants.fjord\n" in asked.output
    assert "Neither Git nor DVC has these files; copy those that you want to keep: " in asked.output
    assert "operation/prod/data/advice_notes/fjord.jsonl" in asked.output.partition("Neither")[2]
    done = CliRunner().invoke(main, ["plant", "remove", "fjord", "--yes"])
    assert done.exit_code == 0, done.output
    assert "plant fjord is removed. Its versions stay in the registry: v1.0.0. Next: git add --all" in done.output
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "without it")
    audited = json.loads(CliRunner().invoke(main, ["audit", "--json"]).output)
    assert "fjord" not in {problem["plant"] for problem in audited["problems"]}
    assert audited["local"] == ["fjord@v1.0.0"]
