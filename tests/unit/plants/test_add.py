"""Adding a plant by configuration alone: all three places are written, or nothing has changed."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from elc import settings
from elc.cli import main
from elc.errors import ElcError
from elc.paths import Project
from elc.plants.add import add_plant
from tests.conftest import git, run
from tests.unit.plants.brought import ENTRY, EXPORT, TAGS, Given, snapshot


def test_plant_is_added_in_all_three_places(given: Given) -> None:
    before = given.project.params.read_bytes()
    given.add()
    assert sorted(git(given.project.root, "status", "--short", "--untracked-files=all").splitlines()) == [
        " M dvc.yaml",
        " M params.yaml",
        "?? data/plants/mill/tags.csv",
        "?? data/raw/mill.dvc",
    ]
    assert given.project.tags("mill").read_bytes() == given.tags.read_bytes()
    assert (given.project.raw("mill") / "export.csv").read_bytes() == given.export.read_bytes()
    tracked = yaml.safe_load((given.project.root / "data" / "raw" / "mill.dvc").read_text(encoding="utf-8"))
    assert tracked["outs"][0]["path"] == "mill"
    assert tracked["outs"][0]["nfiles"] == 1
    after = given.project.params.read_bytes()
    # `plants:` is the last section: all bytes that were there still are, and the entry follows them.
    assert after.startswith(before)
    added = after.removeprefix(before).decode()
    assert added.startswith("  mill:\n")
    for line in ("interval: 1h", "# as the meters are read", "train_until: null", "# it runs low"):
        assert line in added
    assert "gas: {price_per_gj: 10.5, co2_kg_per_gj: 56.1}" in added


def test_command_says_which_files_git_has_to_be_told_of(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(given.project.root)
    words = ["plant", "add", "mill", "--from", str(given.export), "--tags", str(given.tags)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    words = "git add params.yaml dvc.yaml data/plants/mill data/raw/mill.dvc, and after the run git add dvc.lock"
    assert words in done.output
    git(given.project.root, "add", "params.yaml", "dvc.yaml", "data/plants/mill", "data/raw/mill.dvc")
    assert "??" not in git(given.project.root, "status", "--short", "--untracked-files=all")


def test_added_plant_is_read_with_its_overrides(given: Given) -> None:
    given.add()
    chosen = settings.read_plant(given.project, "mill")
    assert (chosen.plant.name, chosen.plant.train_until, chosen.dataset.min_load_frac) == ("Mill", None, 0.4)
    assert settings.read_tags(given.project.tags("mill"), "mill").features == ["load_t_per_h", "air_temp_degc"]
    assert settings.read_plant(given.project, "fjord").dataset.min_load_frac != 0.4


def test_two_plants_can_be_added_one_after_the_other(given: Given) -> None:
    given.add("mill")
    first = given.project.params.read_bytes()
    given.add("mill_2")
    assert given.project.params.read_bytes().startswith(first)
    assert list(settings.read_settings(given.project).plants)[-2:] == ["mill", "mill_2"]


def test_folder_is_taken_as_an_export(given: Given) -> None:
    folder = given.export.with_name("days")
    for day in ("01", "02"):
        (folder / "2024").mkdir(parents=True, exist_ok=True)
        (folder / "2024" / f"{day}.csv").write_text(EXPORT, encoding="utf-8")
    add_plant(given.project, "mill", folder, given.tags, given.entry)
    found = sorted(
        path.relative_to(given.project.raw("mill")).as_posix() for path in given.project.raw("mill").rglob("*.csv")
    )
    assert found == ["2024/01.csv", "2024/02.csv"]


def test_tag_list_may_already_be_in_its_place(given: Given) -> None:
    place = given.project.tags("mill")
    place.parent.mkdir(parents=True)
    shutil.copyfile(given.tags, place)
    add_plant(given.project, "mill", given.export, place, given.entry)
    assert place.read_text(encoding="utf-8") == TAGS
    assert "mill" in settings.read_settings(given.project).plants


def test_dvc_knows_the_stages_of_an_added_plant(given: Given) -> None:
    given.add()
    done = run(given.project.root, "dvc", "stage", "list", "--all", "--name-only")
    assert done.returncode == 0, done.stderr
    assert {"ingest@mill", "train@mill", "monitor@mill"} <= set(done.stdout.split())


def edit(path: str, old: str, new: str) -> Callable[[Given], Any]:
    """Break one of the files that are brought."""

    def apply(given: Given) -> None:
        file: Path = getattr(given, path)
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    return apply


FAULTS: dict[str, tuple[str, Callable[[Given], Any], str]] = {
    "existing plant": ("fjord", lambda _: None, r"^plant fjord: it is already in params\.yaml\. Choose another id"),
    "missing export": ("mill", lambda g: g.export.unlink(), r"^plant mill: the export \S+export\.csv was not found\.$"),
    "missing tag list": ("mill", lambda g: g.tags.unlink(), r"^plant mill: the tag list \S+tags\.csv was not found\.$"),
    "missing entry": (
        "mill",
        lambda g: g.entry.unlink(),
        r"^plant mill: its entry for params\.yaml \S+plant\.yaml was not found\.$",
    ),
    "two missing": (
        "mill",
        lambda g: [path.unlink() for path in (g.entry, g.tags)],
        r"^plant mill: 2 faults\n  - the tag list \S+ was not found\.\n"
        r"  - its entry for params\.yaml \S+ was not found\.$",
    ),
    "bad entry key": (
        "mill",
        edit("entry", "time_zone: Europe", "time_zne: Europe"),
        r"^plant mill: \S+plant\.yaml: 2 faults\n"
        r"  - time_zone: missing\. Add it\.\n  - time_zne: unknown key: did you mean time_zone\?$",
    ),
    "bad override key": (
        "mill",
        edit("entry", "min_load_frac", "min_lod_frac"),
        r"^plant mill: .*min_lod_frac: unknown key: did you mean min_load_frac\?",
    ),
    "entry is no YAML": (
        "mill",
        edit("entry", "carriers:", "carriers: ["),
        r"plant\.yaml: cannot be read as YAML in UTF-8: ",
    ),
    "empty entry": ("mill", lambda g: g.entry.write_text("", encoding="utf-8"), r"^plant mill: \S+plant\.yaml: "),
    "gap carrier": (
        "mill",
        edit("entry", "gap_carrier: gas", "gap_carrier: gaz"),
        r"plants\.mill\.gap_carrier: gaz is not a carrier of this plant: did you mean gas\?$",
    ),
    "bad id": ("My-Mill", lambda _: None, r"plants\.My-Mill: a plant's id consists of lowercase letters, digits and _"),
    "bad tag list": (
        "mill",
        edit("tags", "throughput", "thruput"),
        r"^plant mill: tag list \S+tags\.csv: line 3, tag L1: role thruput is unknown: did you mean throughput\?$",
    ),
    "times that nobody can read": (
        "mill",
        edit("export", "T07:00:00Z", " at seven"),
        r"^plant mill: export \S+export\.csv: export\.csv: .*2024-01-01 at seven",
    ),
    "a tag that the export lacks": (
        "mill",
        edit("tags", "S1,flue", "S9,flue"),
        r"^plant mill: export \S+export\.csv: 1 of 4 tags are missing: S9\. ",
    ),
    "unknown carrier": (
        "mill",
        edit("tags", "energy,gas", "energy,coal"),
        r"^plant mill: carrier coal of the tag list is not in \S+plant\.yaml\. Add it\.$",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_named_and_nothing_has_changed(given: Given, fault: str) -> None:
    plant, spoil, wanted = FAULTS[fault]
    spoil(given)
    before = snapshot(given.project)
    with pytest.raises(ElcError, match=wanted):
        given.add(plant)
    assert snapshot(given.project) == before


def test_export_already_there_is_left(given: Given) -> None:
    given.project.raw("mill").mkdir(parents=True)
    (given.project.raw("mill") / "mine.csv").write_text("mine", encoding="utf-8")
    before = snapshot(given.project)
    with pytest.raises(
        ElcError, match=r"^plant mill: \S+data/raw/mill already exists\. Remove it, or choose another id"
    ):
        given.add()
    assert snapshot(given.project) == before


def fail_to_track(*_: Any) -> None:
    raise ElcError("plant mill: dvc add data/raw/mill failed: no space")


def test_fault_while_writing_undoes_all(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elc.plants.add._track", fail_to_track)
    before = snapshot(given.project)
    with pytest.raises(ElcError, match="no space"):
        given.add()
    assert snapshot(given.project) == before


def test_fault_while_writing_brings_a_former_tag_list_back(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    place = given.project.tags("mill")
    place.parent.mkdir(parents=True)
    place.write_text("former", encoding="utf-8")
    monkeypatch.setattr("elc.plants.add._track", fail_to_track)
    before = snapshot(given.project)
    with pytest.raises(ElcError, match="no space"):
        given.add()
    assert snapshot(given.project) == before


def test_fault_of_dvc_is_told(given: Given) -> None:
    shutil.rmtree(given.project.root / ".dvc")
    before = snapshot(given.project)
    with pytest.raises(
        ElcError, match=r"^plant mill: dvc add data/raw/mill failed: (?s:.)*not inside of a DVC repository"
    ):
        given.add()
    assert snapshot(given.project) == before


AGED = "@turnaround,since_turnaround_days,days,,,driver,,0,,Age\n"
DATES = 'turnarounds: ["2023-06-20"]\n'


def test_plant_with_turnarounds_is_added(given: Given) -> None:
    given.tags.write_text(TAGS + AGED, encoding="utf-8")
    given.entry.write_text(ENTRY + DATES, encoding="utf-8")
    given.add()
    assert settings.read_plant(given.project, "mill").plant.turnarounds == ["2023-06-20"]
    features = settings.read_tags(given.project.tags("mill"), "mill").features
    assert features == ["load_t_per_h", "air_temp_degc", "since_turnaround_days"]


@pytest.mark.parametrize(
    ("tags", "entry", "words"),
    [
        (
            TAGS + AGED,
            ENTRY,
            r"the tag list has the line @turnaround, but its entry in .*plant\.yaml has no turnaround",
        ),
        (TAGS, ENTRY + DATES, r"turnarounds are given in .*plant\.yaml, but the tag list has no line @turnaround\."),
    ],
)
def test_turnarounds_and_their_line_go_together(given: Given, tags: str, entry: str, words: str) -> None:
    given.tags.write_text(tags, encoding="utf-8")
    given.entry.write_text(entry, encoding="utf-8")
    before = snapshot(given.project)
    with pytest.raises(ElcError, match=rf"^plant mill: {words}"):
        given.add()
    assert snapshot(given.project) == before


def start_add(given: Given) -> subprocess.Popen[bytes]:
    """Start the real command."""
    files = ["--from", str(given.export), "--tags", str(given.tags), "--entry", str(given.entry)]
    command = [sys.executable, "-c", "from elc.cli import main; main()", "plant", "add", "mill", *files]
    return subprocess.Popen(command, cwd=given.project.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def start_writing(given: Given) -> subprocess.Popen[bytes]:
    """Start the real command, and wait until it begins to write: its journal is there."""
    process, journal = start_add(given), given.project.raw("mill").with_name(".mill.adding")
    while not journal.exists():
        assert process.poll() is None, "it ended without writing"
        time.sleep(0.005)
    return process


def look(project: Project) -> tuple[str, dict[str, str]]:
    """What Git sees, and the files that are not DVC's own."""
    seen, files = snapshot(project)
    return seen, {name: digest for name, digest in files.items() if not name.startswith(".dvc/")}


@pytest.mark.long(reason="kills an addition five times, and starts it again")
def test_whenever_it_is_killed_the_next_one_succeeds(given: Given) -> None:
    """Killed at five times while it writes: the plant is there whole, or the next run takes back what was left."""
    before = look(given.project)
    process = start_writing(given)
    start = time.monotonic()
    assert process.wait(timeout=120) == 0
    whole, took_s = look(given.project), time.monotonic() - start
    chance, halves = random.Random(15), 0
    for number in range(5):
        forget(given.project)
        assert look(given.project) == before
        process = start_writing(given)
        time.sleep((number + chance.random()) / 5 * 0.9 * took_s)
        process.send_signal(signal.SIGTERM if number % 2 else signal.SIGKILL)
        process.wait(timeout=120)
        left = look(given.project)
        halves += left not in (before, whole)
        if "mill" in settings.read_settings(given.project).plants:
            with pytest.raises(ElcError, match=r"it is already in params\.yaml"):
                given.add()
        else:
            given.add()
        assert look(given.project) == whole, number
    assert halves, "one at least was half done when it was killed"


def forget(project: Project) -> None:
    git(project.root, "checkout", "--quiet", "params.yaml", "dvc.yaml")
    shutil.rmtree(project.tags("mill").parent)
    shutil.rmtree(project.raw("mill"))
    project.raw("mill").with_suffix(".dvc").unlink()
    for path in (project.root / ".dvc" / "cache", project.root / ".dvc" / "tmp"):
        shutil.rmtree(path, ignore_errors=True)


def test_an_edited_tag_list_is_not_taken_back(given: Given) -> None:
    place, journal = given.project.tags("mill"), given.project.raw("mill").with_name(".mill.adding")
    for path in (place, journal):
        path.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(TAGS + "# edited since\n", encoding="utf-8")
    journal.write_text('{"written": "00", "former": null}', encoding="utf-8")
    with pytest.raises(ElcError, match=r"is unknown|expected"):
        add_plant(given.project, "mill", given.export, place, given.entry)
    assert place.read_text(encoding="utf-8").endswith("# edited since\n")
    assert not journal.exists()
