"""Checking an export: a table of its tags, what a curve lacks, and an exit code that a script can ask."""

from __future__ import annotations

import csv
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from elc.cli import main
from elc.paths import Project
from elc.simulate import simulate_plant

ROOT = Path(__file__).parents[3]
HOURS = 900
TAGS = """tag,column,unit,factor,offset,role,carrier,low,high,description
FT-101,gas_energy_gj_per_h,GJ/h,,,energy,gas,0,3000,Gas
FT-401,load_t_per_h,t/h,,,throughput,,0,80,Load
TI-501,air_temp_degc,degC,,,driver,,-40,50,Air
AIC-132,flue_o2_pct,%,,,setpoint,,1,6,Flue gas
PI-163,loop_pressure_bar,bar,,,state,,0,250,Loop
"""
ENTRY = """name: Mill
product: ammonia
time_zone: Europe/Oslo
interval: 1h
train_until: null
battery_limit: gas
gap_carrier: gas
export: {time_zone: UTC}
carriers:
  gas: {price_per_gj: 10.5, co2_kg_per_gj: 56.1}
"""
Rows = list[dict[str, Any]]


def build_rows() -> Rows:
    """Readings of a plant that runs steadily, each tag with a movement of its own."""
    rows = []
    for hour in range(HOURS):
        load = 60 + 4 * math.sin(hour / 40) + 0.05 * math.sin(hour * 1.7)
        rows.append(
            {
                "time": f"{pd.Timestamp('2024-01-01', tz='UTC') + pd.Timedelta(hour, 'h'):%Y-%m-%dT%H:%M:%SZ}",
                "FT-101": round(200 + 25 * load + 3 * math.sin(hour * 2.3), 3),
                "FT-401": round(load, 4),
                "TI-501": round(5 + 4 * math.sin(hour * math.tau / 24) + 0.3 * math.sin(hour * 1.1), 3),
                "AIC-132": round(2.5 + 0.4 * math.sin(hour / 7) + 0.05 * math.sin(hour * 1.9), 4),
                "PI-163": round(150 + 5 * math.sin(hour / 11) + 0.5 * math.sin(hour * 2.9), 3),
                "TI-777": round(300 + math.sin(hour), 3),
            }
        )
    return rows


@dataclass(frozen=True)
class Given:
    """A project, and in a folder outside it what an integrator brings."""

    project: Project
    export: Path
    tags: Path
    rows: Rows

    def write(self, *, tags: str = TAGS, entry: str = ENTRY, without: tuple[str, ...] = ()) -> None:
        self.tags.write_text(tags, encoding="utf-8")
        (self.tags.parent / "plant.yaml").write_text(entry, encoding="utf-8")
        with self.export.open("w", encoding="utf-8", newline="") as file:
            names = [name for name in self.rows[0] if name not in without]
            writer = csv.DictWriter(file, names, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(self.rows)

    def check(self, *options: str) -> Any:
        return run("mill", "--from", str(self.export), "--tags", str(self.tags), *options)


def run(*words: str) -> Any:
    return CliRunner().invoke(main, ["plant", "check", *words])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(ROOT / name, root / name)
    monkeypatch.chdir(root)
    return Project(root)


@pytest.fixture
def given(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Given:
    brought = tmp_path / "brought"
    brought.mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    found = Given(project, brought / "export.csv", brought / "tags.csv", build_rows())
    found.write()
    return found


def find_row(output: str, tag: str) -> str:
    """The line of a tag in the table, with what goes on below it."""
    lines = output.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{tag} "))
    below = [line for line in lines[start + 1 : start + 4] if line.startswith(" ")]
    return " ".join(" ".join([lines[start], *below]).split())


def flatten(output: str) -> str:
    return " ".join(output.split())


def test_sound_export_makes_a_curve(given: Given) -> None:
    done = given.check()
    assert done.exit_code == 0, done.output
    # The first four intervals have no whole steady window behind them.
    assert done.output.endswith(f"\nA curve can be built: {HOURS - 4} steady hours.\n")
    assert "2024-01-01 00:00 to 2024-02-07 12:00 UTC, 38 days by 1h" in done.output
    assert find_row(done.output, "FT-401").startswith("FT-401 load_t_per_h t/h throughput 900 100.0% 56.0 to 64.0")
    assert find_row(done.output, "FT-101").startswith("FT-101 gas_energy_gj_per_h GJ/h energy 900 100.0% 1599 to 1802")
    assert "In the export, but not in the tag list (1): TI-777." in done.output
    assert "Missing to build a curve" not in done.output


def test_export_that_ends_inside_an_hour_is_checked(given: Given) -> None:
    quarters = [pd.Timedelta(minutes, "min") for minutes in (0, 15, 30, 45)]
    given.rows[:] = [
        {**row, "time": f"{pd.Timestamp(row['time']) + step:%Y-%m-%dT%H:%M:%SZ}"}
        for row in given.rows
        for step in quarters
    ][:-3]
    given.write()
    done = given.check()
    assert done.exit_code == 0, done.output
    assert "- part: energy 1 h" in done.output
    assert f"A curve can be built: {HOURS - 5} steady hours." in done.output


def test_rules_not_met_are_told_and_do_not_stop(given: Given) -> None:
    words = flatten(given.check().output)
    assert "What weakens it: " in words
    assert "length of the baseline period is" in words
    assert "expected at least 365." in words


def test_page_fits_a_terminal(given: Given) -> None:
    long = "/company/site/ammonia-1/reformer/flue-gas/AIC-132/process-value"
    given.rows[:] = [{**row, long: row["AIC-132"]} for row in given.rows]
    given.write(tags=TAGS.replace("AIC-132", long), without=("AIC-132",))
    lines = given.check().output.splitlines()
    assert max(map(len, lines)) <= 120
    start = next(number for number, line in enumerate(lines) if line.startswith("tag "))
    place = lines[start].index("column")
    table = lines[start + 2 : lines.index("", start)]
    assert [line[place:].split()[0] for line in table if line[place:].strip()] == [
        line.split(",")[1] for line in TAGS.splitlines()[1:]
    ]
    assert all(line[place - 2 : place].strip() == "" for line in table)
    assert long in "".join(line[:place].strip() for line in table)


def test_nothing_is_written(given: Given, tmp_path: Path) -> None:
    def list_all() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()}

    before = list_all()
    assert given.check().exit_code == 0
    assert list_all() == before
    assert not list(tmp_path.glob("elc-check-*"))


def test_folder_and_entry_may_be_named(given: Given) -> None:
    folder = given.export.parent / "days"
    folder.mkdir()
    given.export.rename(folder / "all.csv")
    entry = (given.tags.parent / "plant.yaml").rename(given.tags.parent / "other.yaml")
    done = run("mill", "--from", str(folder), "--tags", str(given.tags), "--entry", str(entry))
    assert done.exit_code == 0, done.output
    assert f"{HOURS - 4} steady hours" in done.output


def test_absent_tags_are_rows_that_name_the_nearest(given: Given) -> None:
    tags = TAGS.replace("AIC-132", "aic132").replace("PI-163", "ZZ.99/x")
    given.write(tags=tags)
    done = given.check()
    assert done.exit_code == 1
    row = find_row(done.output, "aic132")
    assert row.startswith("aic132 flue_o2_pct % setpoint 0 ")
    assert "not in the export: did you mean AIC-132?" in row
    assert find_row(done.output, "ZZ.99/x").endswith("state 0 not in the export")
    words = flatten(done.output)
    assert "- 2 tags of the list, not in the export: aic132, ZZ.99/x. Correct the name, add it" in words
    assert "In the export, but not in the tag list (3): AIC-132, PI-163, TI-777." in words
    assert (
        f"A curve cannot be built yet: one thing is missing (above); the tags that have values give {HOURS - 4}"
        in words
    )


@pytest.mark.parametrize("tag", ["FT-101", "FT-401"])
def test_without_energy_or_throughput_the_rest_is_still_shown(given: Given, tag: str) -> None:
    given.write(without=(tag,))
    done = given.check()
    assert done.exit_code == 1
    assert " 0 " in find_row(done.output, tag)
    assert " 900 100.0%" in find_row(done.output, "TI-501")
    assert ("Without throughput, values were not checked" in done.output) == (tag == "FT-401")
    assert f"1 tag of the list, not in the export: {tag}." in done.output
    assert done.output.endswith("A curve cannot be built yet: one thing is missing (above).\n")


def test_no_listed_tag_at_all(given: Given) -> None:
    long = given.export.parent / "long.csv"
    lines = ["time,tag,value", *(f"{row['time']},FT.101,{row['FT-101']}" for row in given.rows)]
    long.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run("mill", "--from", str(long), "--tags", str(given.tags))
    assert done.exit_code == 1
    assert "did you mean FT.101?" in find_row(done.output, "FT-101")
    assert "5 tags of the list, not in the export: FT-101, FT-401, TI-501, AIC-132, PI-163." in done.output
    assert "In the export, but not in the tag list (1): FT.101." in done.output


def test_long_file_names_tags_as_a_wide_one_does(given: Given) -> None:
    lines = ["time,tag,value"]
    lines += [f"{row['time']},{tag},{row[tag]}" for row in given.rows for tag in row if tag != "time"]
    long = given.export.parent / "long.csv"
    long.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run("mill", "--from", str(long), "--tags", str(given.tags))
    assert done.output.splitlines()[1:] == given.check().output.splitlines()[1:]


def test_export_without_a_good_reading_is_shown(given: Given) -> None:
    lines = ["time,tag,value,quality"]
    lines += [f"{row['time']},{tag},{row[tag]},Bad" for row in given.rows for tag in row if tag != "time"]
    given.export.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = given.check()
    assert done.exit_code == 1, done.output
    assert find_row(done.output, "FT-401").startswith("FT-401 load_t_per_h t/h throughput 900 0.0%")
    missing = flatten(done.output).split("Missing to build a curve: ")[1]
    for name in ("energy gas energy (FT-101)", "throughput load (FT-401)", "driver air temperature (TI-501)"):
        assert f"- The {name} has no interval with enough good readings." in missing
    assert done.output.endswith("A curve cannot be built yet: 3 things are missing (above).\n")


def test_text_among_the_numbers_is_counted(given: Given) -> None:
    for hour in range(100, 110):
        given.rows[hour]["PI-163"] = "No Data"
    given.write()
    assert "- text value: PI-163 10 readings" in given.check().output


def test_many_unlisted_tags_are_counted_and_ten_named(given: Given) -> None:
    extra = {f"X{number:02d}": 1 for number in range(30)}
    given.rows[:] = [{**row, **extra} for row in given.rows]
    given.write()
    words = flatten(given.check().output)
    assert (
        "In the export, but not in the tag list (31): TI-777, X00, X01, X02, X03, X04, X05, X06, X07, X08 "
        "and 21 more." in words
    )


def test_ignored_tag_is_listed(given: Given) -> None:
    given.write(tags=f"{TAGS}TI-777,,,,,ignore,,,,Nobody's\n")
    output = given.check().output
    assert "TI-777" not in output


def spoil(tag: str, value: Any, *, share: float = 1.0) -> Callable[[Given], None]:
    def apply(given: Given) -> None:
        for row in given.rows[: round(share * len(given.rows))]:
            row[tag] = value
        given.write()

    return apply


def edit(old: str, new: str) -> Callable[[Given], None]:
    return lambda given: given.write(tags=TAGS.replace(old, new), entry=ENTRY.replace(old, new))


def cut(given: Given) -> None:
    del given.rows[300:]
    given.write()


def lose(given: Given) -> None:
    """Lose the air temperature in the last third, with all the hours that would test the curve."""
    for row in given.rows[-HOURS // 3 :]:
        row["TI-501"] = ""
    given.write()


def copy(given: Given) -> None:
    """List a second thermometer that says what the first does."""
    for row in given.rows:
        row["TI-777"] = row["TI-501"]
    given.write(tags=f"{TAGS}TI-777,cooling_water_temp_degc,degC,,,driver,,-40,50,Sea\n")


def fix(given: Given) -> None:
    """Set the air temperature to one value, where the checks do not take frozen values out."""
    for row in given.rows:
        row["TI-501"] = 5
    params = given.project.params
    params.write_text(params.read_text(encoding="utf-8").replace("frozen, spike", "spike"), encoding="utf-8")
    given.write()


LACKS: dict[str, tuple[Callable[[Given], Any], str]] = {
    "driver without data": (
        spoil("TI-501", "Bad"),
        "- The driver air temperature (TI-501) has no interval with enough good readings.",
    ),
    "energy in another unit": (
        edit(",energy,gas,0,3000", ",energy,gas,0,30"),
        "- The checks reject every value of the energy gas energy (FT-101). Check its unit, factor, low and high",
    ),
    "throughput without data": (
        spoil("FT-401", ""),
        "- The throughput load (FT-401) has no interval with enough good readings.",
    ),
    "too short": (
        cut,
        "- 296 steady intervals are left, expected at least 500 (dataset.min_hours); of 300 the others are: unknown 4",
    ),
    "driver vanished": (
        lose,
        "- driver air temperature (TI-501) is missing in all 224 steady intervals from 2024-01-29 on, which would test "
        "the curve; it is last known at 2024-01-",
    ),
    "driver constant": (
        fix,
        "- driver air temperature (TI-501) is constant in train: 5.00 °C. The curve can learn nothing from it: set "
        "its role to state or",
    ),
    "nothing to learn from yet": (
        edit("train_until: null", 'train_until: "2023-01-01"'),
        "- The export has no reading before 2023-01-01 (train_until).",
    ),
}


@pytest.mark.parametrize("lack", LACKS)
def test_what_stops_a_curve_is_named(given: Given, lack: str) -> None:
    apply, words = LACKS[lack]
    apply(given)
    done = given.check()
    assert done.exit_code == 1, done.output
    missing = flatten(done.output).split("Missing to build a curve: ")[1].split("What weakens it: ")[0]
    assert words in missing
    assert "A curve cannot be built yet: one thing is missing (above)" in flatten(done.output), done.output


def test_absent_tag_is_named_beside_a_late_export(given: Given) -> None:
    given.write(entry=ENTRY.replace("null", '"2023-01-01"'), without=("TI-501",))
    words = flatten(given.check().output)
    assert "not in the export: TI-501." in words
    assert "no reading before 2023-01-01" in words
    assert "2 things are missing" in words


WEAK: dict[str, tuple[Callable[[Given], Any], str]] = {
    "set-point without limits": (
        edit("setpoint,,1,6", "setpoint,,1,"),
        "- 1 set-point without low and high: AIC-132. Only their past range would limit advice",
    ),
    "no set-point": (edit("setpoint", "state"), "- The tag list has no set-point: a gap can be measured"),
    "set-point without data": (
        spoil("AIC-132", ""),
        "- The set-point flue O2 (AIC-132) has no interval with enough good readings.",
    ),
    "drivers that are copies": (
        copy,
        "- The driver air temperature (TI-501) and the driver cooling water temperature (TI-777) are copies of one "
        "another in the training hours",
    ),
    "hours lost": (
        spoil("TI-501", "", share=0.1),
        "- 10.0% of all intervals lack energy, throughput or a driver; missing most often is driver air temperature "
        "(TI-501), in 100% of these.",
    ),
    "limits too narrow": (
        edit("driver,,-40,50", "driver,,-40,7"),
        "of the driver air temperature (TI-501). Check its unit, factor, low and high in the tag list.",
    ),
}


@pytest.mark.parametrize("weakness", WEAK)
def test_what_weakens_a_curve_is_named_and_does_not_stop(given: Given, weakness: str) -> None:
    apply, words = WEAK[weakness]
    apply(given)
    done = given.check()
    assert done.exit_code == 0, done.output
    assert words in flatten(done.output).split("What weakens it: ")[1]


def test_findings_stand_beside_their_tag(given: Given) -> None:
    for hour in range(200, 224):
        given.rows[hour]["TI-501"] = ""
    given.write()
    output = given.check().output
    assert re.search(r"gap 2[34] h", find_row(output, "TI-501"))
    assert re.search(r"\n- gap: TI-501 2[34] h\n", output)
    assert "gap" not in find_row(output, "FT-401")


def test_chosen_intervals_have_no_gaps_between_them(given: Given) -> None:
    del given.rows[1::3]
    given.write(entry=ENTRY.replace("time_zone: UTC", "time_zone: UTC, is_continuous: false"))
    done = given.check()
    assert done.exit_code == 0, done.output
    assert ", 600 of them with readings (chosen intervals only)" in done.output
    assert " 600 100.0%" in find_row(done.output, "FT-401")
    assert "600 hours: run 600." in done.output
    assert "lack energy, throughput or a driver" not in done.output


AGED = TAGS + "@turnaround,since_turnaround_days,days,,,driver,,0,,Age\n"


def test_declared_age_is_shown_as_computed_and_never_sought_in_the_export(given: Given) -> None:
    given.write(tags=AGED, entry=ENTRY + 'turnarounds: ["2023-12-01"]\n')
    done = given.check()
    assert done.exit_code == 0, done.output
    row = find_row(done.output, "@turnaround")
    assert row == "@turnaround since_turnaround_days days driver 31.4 to 68.1"
    assert "not in the export" not in done.output
    assert done.output.endswith(f"\nA curve can be built: {HOURS - 4} steady hours.\n")


def test_hours_before_the_first_turnaround_are_told_and_not_learnt_from(given: Given) -> None:
    given.write(tags=AGED, entry=ENTRY + 'turnarounds: ["2024-01-11"]\n')
    done = given.check()
    assert done.exit_code == 0, done.output
    assert "ageing 239 h" in find_row(done.output, "@turnaround")
    assert "missing most often is driver time since turnaround (@turnaround)" in flatten(done.output)
    assert done.output.endswith(f"\nA curve can be built: {HOURS - 239} steady hours.\n")


def test_turnaround_after_the_export_makes_no_curve(given: Given) -> None:
    given.write(tags=AGED, entry=ENTRY + 'turnarounds: ["2025-01-11"]\n')
    done = given.check()
    assert done.exit_code == 1
    words = (
        "The driver time since turnaround (@turnaround) is missing throughout: every date under turnarounds is later."
    )
    assert words in flatten(done.output)


def test_export_of_no_listed_tag_does_not_accuse_the_computed_one(given: Given) -> None:
    given.write(tags=AGED, entry=ENTRY + 'turnarounds: ["2023-12-01"]\n')
    given.export.write_text("time,tag,value\n2024-01-01T00:00:00Z,TI-777,300\n", encoding="utf-8")
    done = given.check()
    assert done.exit_code == 1
    assert find_row(done.output, "@turnaround") == "@turnaround since_turnaround_days days driver"
    assert "5 tags of the list, not in the export: FT-101" in flatten(done.output)


def test_line_without_turnarounds_says_what_to_add(given: Given) -> None:
    given.write(tags=AGED)
    done = given.check()
    assert done.exit_code != 0
    assert (
        'has no turnarounds. Add the first day of running after each, as in turnarounds: ["2023-06-20"]' in done.output
    )


def list_outside(project: Project, cache: Path) -> dict[Path, bytes]:
    """Every file of the project, the cache left out."""
    files = (path for path in project.root.rglob("*") if path.is_file() and cache not in path.parents)
    return {path: path.read_bytes() for path in files}


def test_plant_of_the_project_is_read_where_it_lies(project: Project) -> None:
    editor = YAML()
    params = editor.load(project.params)
    params["simulate"]["days"] = 60
    params["simulate"]["plants"]["fjord"]["turnaround_day"] = 0
    editor.dump(params, project.params)
    project.tags("fjord").parent.mkdir(parents=True)
    shutil.copyfile(Project(ROOT).tags("fjord"), project.tags("fjord"))
    simulate_plant(project, "fjord")
    before = list_outside(project, project.cache("fjord"))
    done = run("fjord")
    assert done.exit_code == 0, done.output
    assert re.search(r"\nA curve can be built: 1,\d\d\d steady hours\.\n$", done.output)
    assert "product_total_t" not in done.output
    assert find_row(done.output, "@turnaround") == "@turnaround since_turnaround_days days driver 367 to 425"
    assert list_outside(project, project.cache("fjord")) == before
    assert run("fjord").output == done.output  # from the cache


FAULTS: dict[str, tuple[Callable[[Given], Any], str]] = {
    "files not found": (
        lambda given: [given.export.unlink(), given.tags.unlink()],
        r"^elc: plant mill: 2 faults\n  - the export \S+export\.csv was not found\.\n  - the tag list \S+ was not",
    ),
    "bad entry": (
        edit("interval: 1h", "intervall: 1h"),
        r"intervall: unknown key: did you mean interval\?",
    ),
    "bad tag list": (edit("throughput", "thruput"), r"tag FT-401: role thruput is unknown: did you mean throughput\?"),
    "unknown carrier": (edit("energy,gas", "energy,coal"), r"carrier coal of the tag list is not under carriers"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_a_sentence(given: Given, fault: str) -> None:
    apply, words = FAULTS[fault]
    apply(given)
    done = given.check()
    assert (done.exit_code, done.stdout) == (1, "")
    assert re.search(words, done.stderr), done.stderr


@pytest.mark.parametrize("options", [("--from", "a.csv"), ("--tags", "t.csv"), ("--entry", "e.yaml")])
@pytest.mark.usefixtures("project")
def test_half_of_what_is_brought_is_refused(options: tuple[str, str]) -> None:
    done = run("mill", *options)
    assert done.exit_code == 2
    assert "--from and --tags go together" in done.stderr


@pytest.mark.usefixtures("project")
def test_unknown_plant_is_a_sentence() -> None:
    done = run("fjrod")
    assert (done.exit_code, done.stderr) == (1, "elc: params.yaml: plant fjrod is unknown: did you mean fjord?\n")


@pytest.mark.parametrize("unit", ["9**9**9**9", "m**9**9**9"])
def test_a_unit_that_would_be_worked_out_for_ever_is_a_fault_of_its_line(given: Given, unit: str) -> None:
    given.write(tags=TAGS.replace("degC", unit))
    done = given.check()
    assert done.exit_code == 1
    assert f"unit {unit} is unknown" in flatten(done.output)


def test_limits_and_holds_that_are_not_given_are_proposed(given: Given) -> None:
    for number, row in enumerate(given.rows):
        row["TI-501"] = row["TI-501"] if number % 24 == 0 else None
    given.rows[400]["FT-401"] = 9000.0  # a spike widens no limit
    bare = re.sub(r"^(FT-401,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*),[^,]*,[^,]*,", r"\1,,,", TAGS, flags=re.MULTILINE)
    given.write(tags=bare, entry=ENTRY.replace("{time_zone: UTC}", "{time_zone: UTC, empty_cells: held}"))
    proposed = flatten(given.check().output).split("Suggestions for the tag list, from the readings: ")[1]
    assert "FT-401 0 to 66." in proposed
    assert "max_hold_h: TI-501 29 (read every 24 h, held for 6)." in proposed
