"""Adding a plant like another, and many from a table: all of them, or nothing has changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from elc import settings
from elc.cli import main
from elc.errors import ElcError
from elc.plants import Wish, add_wishes, read_table
from elc.plants.add import add_plant
from tests.unit.plants.brought import ENTRY, EXPORT, TAGS, Given, snapshot

TURNAROUND = "@turnaround,since_turnaround_days,days,,,driver,,0,,Age\n"


@pytest.fixture
def mill(given: Given) -> Given:
    """A project with regions, and a plant whose entry says little."""
    shared = yaml.safe_load(ENTRY)
    own = {key: shared.pop(key) for key in ("name", "train_until", "dataset")}
    regions = {"regions": {"north": shared, "south": {**shared, "time_zone": "Europe/Rome"}}}
    entry = {"region": "north", **own, "turnarounds": ["2023-06-20"], "note": "Checked."}
    params = given.project.params
    text = params.read_text(encoding="utf-8").replace("\nplants:", f"\n{yaml.safe_dump(regions)}\nplants:")
    params.write_text(f"{text}  mill: {json.dumps(entry)}\n", encoding="utf-8")
    tags = given.project.tags("mill")
    tags.parent.mkdir(parents=True)
    tags.write_text(TAGS + TURNAROUND, encoding="utf-8")
    return given


def write_table(given: Given, *lines: str) -> Path:
    path = given.export.with_name("plants.csv")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def add_table(given: Given, *lines: str) -> None:
    path = write_table(given, *lines)
    add_wishes(given.project, read_table(path), f"table {path.name}")


def test_a_plant_like_another_has_its_region_settings_and_tags(mill: Given) -> None:
    export = mill.export.with_name("weir.csv")
    export.write_text(EXPORT.replace("G1,L1,T1,S1", "W-G1,W-L1,W-T1,W-S1"), encoding="utf-8")
    before = mill.project.tags("mill").read_text(encoding="utf-8")
    add_wishes(mill.project, [Wish("weir", export, like="mill", prefix="=W-")], "")
    raw = yaml.safe_load(mill.project.params.read_text(encoding="utf-8"))["plants"]
    assert raw["weir"] == {"name": "Weir", "region": "north", "train_until": None, "dataset": {"min_load_frac": 0.4}}
    assert settings.read_plant(mill.project, "weir").plant.time_zone == "Europe/Oslo"
    tags = mill.project.tags("weir").read_text(encoding="utf-8").splitlines()
    expected = TURNAROUND.replace("driver", "ignore")
    assert tags == [*TAGS.replace("\n", "\nW-").removesuffix("W-").splitlines(), expected.strip()]
    assert mill.project.tags("mill").read_text(encoding="utf-8") == before


def test_an_entry_may_be_left_to_the_region(mill: Given) -> None:
    mill.entry.unlink()
    mill.project.params.write_text(
        mill.project.params.read_text(encoding="utf-8").replace("  south:\n", "  south:\n    train_until: null\n"),
        encoding="utf-8",
    )
    add_wishes(mill.project, [Wish("weir", mill.export, tags=mill.tags, region="south", name="Weir II")], "")
    raw = yaml.safe_load(mill.project.params.read_text(encoding="utf-8"))["plants"]
    assert raw["weir"] == {"region": "south", "name": "Weir II"}


def test_a_table_adds_all_its_plants_at_once(mill: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(mill.export.parent, mill.export.parent / "b")
    (mill.export.parent / "b" / "tags.csv").write_text(TAGS, encoding="utf-8")
    (mill.export.parent / "b" / "plant.yaml").write_text(ENTRY, encoding="utf-8")
    path = write_table(
        mill, "id,from,name,region,like,tags", "a,export.csv,,south,mill,", "b,b/export.csv,Bee,,,b/tags.csv"
    )
    monkeypatch.chdir(mill.project.root)
    done = CliRunner().invoke(main, ["plant", "add", "--table", str(path)])
    assert done.exit_code == 0, done.output
    assert "2 plants are added: a, b. Next: elc repro\n" in done.output
    assert "git add params.yaml dvc.yaml data/plants data/raw, and after the run git add dvc.lock" in done.output
    plants = settings.read_settings(mill.project).plants
    assert list(plants)[-3:] == ["mill", "a", "b"]
    assert [(plants[name].name, plants[name].region, plants[name].time_zone) for name in ("a", "b")] == [
        ("A", "south", "Europe/Rome"),
        ("Bee", None, "Europe/Oslo"),
    ]
    assert all(mill.project.raw(name).with_suffix(".dvc").is_file() for name in ("a", "b"))
    assert "# it runs low" in mill.project.params.read_text(encoding="utf-8")  # comments of a file come along
    assert not list((mill.project.root / "data" / "raw").glob(".*.adding"))


def test_all_faults_of_a_table_are_named_and_nothing_has_changed(mill: Given) -> None:
    before = snapshot(mill.project)
    with pytest.raises(ElcError) as caught:
        add_table(
            mill,
            "id,from,like,region,prefix",
            "a,export.csv,mill,,",
            "b,gone.csv,mill,,",
            "c,export.csv,mil,,",
            "d,export.csv,,,",
            "mill,export.csv,mill,,",
            "e,export.csv,mill,norht,",
            "f,export.csv,mill,,X-=Y-",
            "a,export.csv,mill,,",
            "../g,export.csv,mill,,",
        )
    assert snapshot(mill.project) == before
    lines = str(caught.value).splitlines()
    assert lines[0] == "table plants.csv: 8 faults"
    for line, words in zip(
        lines[1:],
        (
            "plant a: it is listed twice. List it once.",
            "plant b: the export ",
            "plant c: plant mil is unknown: did you mean mill?",
            "plant d: it has no tag list. Name a file (tags), or the plant whose list it takes (like).",
            "plant mill: it is already in params.yaml. Choose another id, or remove that entry first.",
            "plant e: the entry of mill: plants.e.region: region norht is unknown: did you mean north?",
            "plant f: prefix: no tag of mill begins with X-. See ",
            "plant ../g: plants.../g: a plant's id consists of lowercase letters, digits and _",
        ),
        strict=True,
    ):
        assert words in line


TABLES = {
    "nothing": ((), r"contains no plant\. Write a header, such as id,from,like,region, and a line for each\."),
    "columns": (
        ("id,form,like", "a,b,c"),
        r"2 faults\n  - column form is unknown: .* from\?\n  - column from is missing\.",
    ),
    "cells": (
        ("id,from", "a", "b,c,d"),
        r"2 faults\n  - line 2: it has not .*\n  - line 3: it has not as many cells .*",
    ),
    "empty": (
        ("id,from,like", "a,,mill", ",b,mill"),
        r"2 faults\n  - line 2: from is empty.*\n  - line 3: id is empty",
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_cannot_be_read_is_told(tmp_path: Path, table: str) -> None:
    lines, words = TABLES[table]
    path = tmp_path / "plants.csv"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    with pytest.raises(ElcError, match=rf"^table \S+plants\.csv: {words}"):
        read_table(path)


def test_a_fault_while_writing_takes_all_plants_back(mill: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ElcError("dvc add failed: no space")

    monkeypatch.setattr("elc.plants.add._track", fail)
    before = snapshot(mill.project)
    with pytest.raises(ElcError, match="no space"):
        add_table(mill, "id,from,like", "a,export.csv,mill", "b,export.csv,mill")
    assert snapshot(mill.project) == before


def test_what_a_killed_run_left_of_several_plants_is_taken_back(mill: Given) -> None:
    before = snapshot(mill.project)
    for name in ("a", "b"):
        raw = mill.project.raw(name)
        raw.mkdir(parents=True)
        raw.with_name(f".{name}.adding").write_text(json.dumps({"written": None, "former": None}), encoding="utf-8")
    with pytest.raises(ElcError, match=r"^plant mill: it is already in params\.yaml"):
        add_plant(mill.project, "mill", mill.export, mill.tags, mill.entry)
    assert snapshot(mill.project) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--table", "plants.csv", "mill"], "--table takes no plant and no other option"),
        (["mill"], "Name the plant and its export (--from), or a table (--table)."),
        (["mill", "--from", "x.csv"], "Missing option --tags or --like"),
    ],
)
def test_options_that_do_not_go_together_are_told(words: list[str], said: str) -> None:
    done = CliRunner().invoke(main, ["plant", "add", *words])
    assert (done.exit_code, said in done.output) == (2, True), done.output
