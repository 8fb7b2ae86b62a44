"""The reader of params.yaml: every fault in one error, in words that say what to do."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from elc.errors import ElcError
from elc.paths import Project
from elc.settings import check_entry, parse_settings, read_operation, read_plant, read_settings

ROOT = Path(__file__).resolve().parents[3]
Content = dict[str, Any]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Callable[[Content], object]], Project]:
    """Write the repository's params.yaml with one change."""

    def write_changed(change: Callable[[Content], object]) -> Project:
        content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        change(content)
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return Project(tmp_path)

    return write_changed


Write = Callable[[Callable[[Content], object]], Project]


def test_params_of_the_project_have_no_fault() -> None:
    settings = read_settings(Project(ROOT))
    assert set(settings.simulate.plants) <= set(settings.plants)
    assert settings.ingest.max_hold_h > 0


def test_settings_are_frozen() -> None:
    settings = read_settings(Project(ROOT))
    with pytest.raises(ValidationError, match="frozen"):
        settings.ingest.max_hold_h = 1.0  # type: ignore[misc]


def test_key_under_a_plant_overrides_the_section_for_it_alone(write: Write) -> None:
    project = write(lambda content: content["plants"]["fjord"].update(train={"epochs": 3}, ingest={"max_hold_h": 2}))
    fjord, delta = read_plant(project, "fjord"), read_plant(project, "delta")
    assert (fjord.train.epochs, fjord.ingest.max_hold_h) == (3, 2.0)
    assert fjord.train.model_copy(update={"epochs": delta.train.epochs}) == delta.train
    assert delta.ingest == read_settings(project).ingest
    assert (fjord.plant_id, fjord.plant.name) == ("fjord", "Fjord")


@pytest.mark.parametrize(
    ("place", "wrong", "words"),
    [
        (("site",), "curency", r"site\.curency: unknown key: did you mean currency\?"),
        (("ingest",), "max_hold_hours", r"ingest\.max_hold_hours: unknown key: did you mean max_hold_h\?"),
        (("plants", "fjord"), "intervall", r"plants\.fjord\.intervall: unknown key: did you mean interval\?"),
        (("plants", "fjord", "export"), "time_zon", r"export\.time_zon: unknown key: did you mean time_zone\?"),
        (
            ("plants", "fjord", "carriers", "gas"),
            "co2_kg_pr_gj",
            r"carriers\.gas\.co2_kg_pr_gj: unknown key: did you mean co2_kg_per_gj\?",
        ),
        (
            ("simulate", "plants", "delta", "faults"),
            "gap_fraction",
            r"simulate\.plants\.delta\.faults\.gap_fraction: unknown key: did you mean gap_frac\?",
        ),
        (("monitor",), "min_change", r"monitor\.min_change: unknown key: did you mean min_change_frac\?"),
        ((), "monitoring", r"params\.yaml: monitoring: unknown key: did you mean monitor\?"),
    ],
)
def test_misspelt_key_is_refused_with_the_nearest_valid_one(
    write: Write, place: tuple[str, ...], wrong: str, words: str
) -> None:
    def change(content: Content) -> None:
        for key in place:
            content = content[key]
        content[wrong] = 1

    with pytest.raises(ElcError, match=words):
        read_settings(write(change))


def test_key_like_no_other_is_refused_with_all_valid_ones(write: Write) -> None:
    with pytest.raises(ElcError, match=r"site\.zzz: unknown key: expected one of currency"):
        read_settings(write(lambda content: content["site"].update(zzz=1)))


def test_missing_key_is_named(write: Write) -> None:
    with pytest.raises(ElcError, match=r"^params\.yaml: simulate\.days: missing\. Add it\.$"):
        read_settings(write(lambda content: content["simulate"].pop("days")))


def test_a_key_that_is_not_given_has_the_default_which_the_demo_writes(write: Write) -> None:
    """All sections of how a plant is learnt and judged have one, and none differs from what params.yaml explains."""
    whole = read_settings(write(lambda _: None))
    names = ("site", "engine", "ingest", "dataset", "train", "evaluate", "monitor", "explain", "advise", "alerts")
    for name in (*names, "compare", "report", "render"):
        section = getattr(whole, name)
        assert type(section)() == section, name
    fewer = read_settings(write(lambda content: content["train"].pop("epochs")))
    assert fewer.train == whole.train


def test_several_faults_stand_in_one_error(write: Write) -> None:
    def change(content: Content) -> None:
        content["simulate"].pop("days")
        content["site"]["curency"] = "EUR"
        content["ingest"]["max_hold_h"] = -1
        content["plants"]["delta"]["time_zone"] = "America/Chigaco"

    with pytest.raises(ElcError, match=r"^params\.yaml: 4 faults\n") as caught:
        read_settings(write(change))
    text = str(caught.value)
    assert "site.curency: unknown key" in text
    assert "simulate.days: missing" in text
    assert "ingest.max_hold_h: found -1: Input should be greater than 0." in text
    assert "plants.delta.time_zone: found 'America/Chigaco': time zone America/Chigaco is unknown" in text


def test_unquoted_date_is_refused_with_the_way_to_write_it(write: Write) -> None:
    def change(content: Content) -> None:
        content["plants"]["fjord"]["train_until"] = datetime.date(2026, 4, 1)

    with pytest.raises(ElcError, match=r"plants\.fjord\.train_until: .*quotes"):
        read_settings(write(change))


@pytest.mark.parametrize("date", ["2026-02-30", "01.04.2026", "soon"])
def test_date_that_is_none_is_refused(write: Write, date: str) -> None:
    words = rf'plants\.fjord\.train_until: found .{date}.: {date} is not a date; write it in quotes as in "2026-04-01"'
    with pytest.raises(ElcError, match=words):
        read_settings(write(lambda content: content["plants"]["fjord"].update(train_until=date)))


def test_no_date_learns_from_all(write: Write) -> None:
    project = write(lambda content: content["plants"]["fjord"].update(train_until=None))
    assert read_plant(project, "fjord").plant.train_until is None


@pytest.mark.parametrize("zone", ["Europe/Olso", "../etc/passwd", "CEST summer", ""])
def test_unknown_time_zone_is_refused(write: Write, zone: str) -> None:
    words = r"plants\.fjord\.export\.time_zone: .*is unknown; write it as in Europe/Oslo or UTC"
    with pytest.raises(ElcError, match=words):
        read_settings(write(lambda content: content["plants"]["fjord"]["export"].update(time_zone=zone)))


def test_unknown_plant_is_refused_with_the_nearest(write: Write) -> None:
    with pytest.raises(ElcError, match=r"^params\.yaml: plant fjrod is unknown: did you mean fjord\?$"):
        read_plant(write(dict.copy), "fjrod")


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ({"hidden_unit": 8}, r"plants\.fjord\.train\.hidden_unit: unknown key: did you mean hidden_units\?"),
        ({"epochs": 0}, r"plants\.fjord\.train\.epochs: found 0: Input should be greater than 0"),
    ],
)
def test_bad_override_under_a_plant_is_named(write: Write, override: Content, words: str) -> None:
    with pytest.raises(ElcError, match=words):
        read_settings(write(lambda content: content["plants"]["fjord"].update(train=override)))


def test_overrides_of_several_plants_are_all_checked(write: Write) -> None:
    def change(content: Content) -> None:
        content["plants"]["fjord"]["train"] = {"epoch": 3}
        content["plants"]["delta"]["ingest"] = {"frozen_hours": 3}

    with pytest.raises(ElcError, match=r"(?s)2 faults.*\.train\.epoch: .*\.ingest\.frozen_hours: "):
        read_settings(write(change))


def test_gap_carrier_must_be_a_carrier(write: Write) -> None:
    words = r"plants\.fjord\.gap_carrier: gass is not a carrier of this plant: did you mean gas\?"
    with pytest.raises(ElcError, match=words):
        read_settings(write(lambda content: content["plants"]["fjord"].update(gap_carrier="gass")))


@pytest.mark.parametrize("name", ["Fjord2", "fjord-2", "2fjord", "_fjord", "north_"])
def test_plant_id_is_small_letters_digits_and_underlines(write: Write, name: str) -> None:
    def change(content: Content) -> None:
        content["plants"][name] = content["plants"]["fjord"]

    with pytest.raises(ElcError, match=rf"plants\.{name}: a plant's id consists of lowercase letters, digits and _"):
        read_settings(write(change))


def test_simulated_plant_needs_an_entry(write: Write) -> None:
    with pytest.raises(ElcError, match=r"simulate\.plants\.delta: plants has no entry delta"):
        read_settings(write(lambda content: content["plants"].pop("delta")))


def test_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("site: {currency: EUR\nplants: [")
    with pytest.raises(ElcError, match=r"^params\.yaml: cannot be read as YAML in UTF-8: "):
        read_settings(Project(tmp_path))


def test_one_member_is_no_ensemble(write: Write) -> None:
    with pytest.raises(ElcError, match=r"^params\.yaml: train\.members: found 1: "):
        read_settings(write(lambda content: content["train"].update(members=1)))


def test_key_that_stands_twice_is_named(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("plants:\n  fjord: 1\n  fjord: 2\n")
    with pytest.raises(ElcError, match=r'(?s)cannot be read as YAML.*found duplicate key "fjord"'):
        read_settings(Project(tmp_path))


def test_entry_is_checked_as_it_would_stand_in_params(write: Write) -> None:
    whole = read_settings(write(dict.copy))
    entry = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["plants"]["fjord"]
    assert check_entry(entry, "fjord", "plant.yaml", whole).gap_carrier == "gas"
    with pytest.raises(ElcError, match=r"^plant\.yaml: intervall: unknown key: did you mean interval\?$"):
        check_entry({**entry, "intervall": "1h"}, "fjord", "plant.yaml", whole)
    with pytest.raises(ElcError, match=r"(?s)^plant\.yaml: 2 faults.*plants\.Fjord: .*plants\.Fjord\.gap_carrier: oil"):
        check_entry({**entry, "gap_carrier": "oil"}, "Fjord", "plant.yaml", whole)


def test_entry_with_a_misspelt_override_is_refused(write: Write) -> None:
    entry = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["plants"]["fjord"]
    with pytest.raises(ElcError, match=r"dataset\.min_lod_frac: unknown key: did you mean min_load_frac\?"):
        check_entry({**entry, "dataset": {"min_lod_frac": 0.4}}, "fjord", "plant.yaml", read_settings(write(dict.copy)))


def test_turnarounds_are_dates_and_may_be_left_out(write: Write) -> None:
    assert read_plant(Project(ROOT), "fjord").plant.turnarounds == ["2023-06-20", "2024-08-23"]
    without = write(lambda content: content["plants"]["fjord"].pop("turnarounds"))
    assert read_plant(without, "fjord").plant.turnarounds == []


def test_second_turnaround_of_a_demo_plant_ends_its_simulated_stop() -> None:
    settings = read_settings(Project(ROOT))
    for name, simulated in settings.simulate.plants.items():
        start = datetime.date.fromisoformat(settings.simulate.start)
        former, last = (datetime.date.fromisoformat(day) for day in settings.plants[name].turnarounds)
        assert last == start + datetime.timedelta(days=simulated.turnaround_day + 19)
        assert abs((start - former).days / 365.25 - simulated.years_since_turnaround) < 0.01


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (
            ["2024-13-01"],
            r"plants\.fjord\.turnarounds\.0: found .2024-13-01.: 2024-13-01 is not a date; write it in quotes",
        ),
        (
            [datetime.date(2024, 8, 23)],
            r'plants\.fjord\.turnarounds\.0: found .2024-08-23.: write a date in quotes, as in "2024-08-23"',
        ),
        (["2024-08-23", "2023-06-20"], r"turnarounds: found .*: write each date once, earliest first\."),
        (["2024-08-23", "2024-08-23"], r"turnarounds: found .*: write each date once, earliest first\."),
    ],
)
def test_wrong_turnarounds_are_named(write: Write, days: list[object], words: str) -> None:
    project = write(lambda content: content["plants"]["fjord"].update(turnarounds=days))
    with pytest.raises(ElcError, match=words):
        read_settings(project)


def test_environments_stand_in_the_order_of_promotion() -> None:
    environments = read_settings(Project(ROOT)).environments
    assert list(environments) == ["dev", "test", "prod"]
    assert [environment.source for environment in environments.values()] == [None, "dev", "test"]
    assert environments["prod"].find_plants(["fjord", "delta"]) == ["fjord", "delta"]


def test_environment_holds_the_plants_it_lists(write: Write) -> None:
    project = write(lambda content: content["environments"]["prod"].update(plants=["delta"]))
    prod = read_settings(project).environments["prod"]
    assert (prod.holds("delta"), prod.holds("fjord")) == (True, False)


def test_environment_overrides_operation_and_nothing_else(write: Write) -> None:
    project = write(lambda content: content["environments"]["prod"].update(overrides={"monitor": {"shown_days": 3}}))
    assert read_operation(project, "fjord", "prod").monitor.shown_days == 3
    assert (
        read_operation(project, "fjord", "test") == read_operation(project, "fjord", "") == read_plant(project, "fjord")
    )
    with pytest.raises(ElcError, match=r"^params\.yaml: environment prd is unknown: did you mean prod\?$"):
        read_operation(project, "fjord", "prd")


@pytest.mark.parametrize(
    ("name", "keys", "words"),
    [
        ("prod", {"from": "tst"}, "environments.prod.from: found tst, expected an environment above it: dev, test."),
        ("dev", {"from": "prod"}, "environments.dev.from: found prod, expected an environment above it: null, for"),
        ("prod", {"from": "prod"}, "environments.prod.from: found prod, expected an environment above it: dev, test."),
        ("prod", {"plants": ["fjrod"]}, "environments.prod.plants: fjrod is unknown: did you mean fjord?"),
        ("prod", {"approval": "yes"}, "environments.prod.approval: found 'yes': Input should be 'none', 'manual' or"),
        ("prod", {"aproval": "none"}, "environments.prod.aproval: unknown key: did you mean approval?"),
        ("prod", {"form": "test"}, "environments.prod.form: unknown key: did you mean from?"),
        ("prod", {"tests": ["gold"]}, "environments.prod.tests.0: found 'gold': Input should be 'golden', 'shape' or"),
        ("prod", {"wave": 0}, "environments.prod.wave: found 0: Input should be greater than 0."),
        ("prod", {"overrides": {"monitor": {"days": 1}}}, "environments.prod.overrides.monitor.days: unknown key"),
        ("prod", {"overrides": {"train": {}}}, "environments.prod.overrides.train"),
    ],
)
def test_faults_of_an_environment_are_named(write: Write, name: str, keys: Content, words: str) -> None:
    project = write(lambda content: content["environments"][name].update(keys))
    with pytest.raises(ElcError) as caught:
        read_settings(project)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["approved", "Prod", "1st", "prod_"])
def test_name_of_an_environment(write: Write, name: str) -> None:
    project = write(lambda content: content["environments"].update({name: content["environments"]["prod"]}))
    with pytest.raises(
        ElcError, match=f"environments.{name}: an environment's name consists of lowercase letters, digits and _"
    ):
        read_settings(project)


def test_settings_of_a_commit_are_those_of_its_text() -> None:
    assert parse_settings((ROOT / "params.yaml").read_text(encoding="utf-8")) == read_settings(Project(ROOT))


def test_misspelt_limit_of_a_tag_is_refused_with_the_nearest_valid_one(write: Write) -> None:
    words = r"monitor\.tags\.flue_o2_pct\.max_drif: unknown key: did you mean max_drift\?"
    with pytest.raises(ElcError, match=words):
        read_settings(write(lambda content: content["monitor"]["tags"].update(flue_o2_pct={"max_drif": 0.3})))


def test_a_baseline_period_has_its_days_in_order_and_includes_both(write: Write) -> None:
    days = {"from": "2024-07-01", "to": "2025-06-30"}
    plant = read_settings(write(lambda content: content["plants"]["fjord"].update(baseline=days))).plants["fjord"]
    assert plant.baseline_times == (
        datetime.datetime(2024, 6, 30, 22, tzinfo=datetime.UTC),
        datetime.datetime(2025, 6, 30, 22, tzinfo=datetime.UTC),
    )
    with pytest.raises(ElcError, match=r"plants\.fjord\.baseline.*to 2024-06-30 is before from 2024-07-01"):
        read_settings(write(lambda content: content["plants"]["fjord"].update(baseline={**days, "to": "2024-06-30"})))


def test_a_report_is_mailed_by_the_server_of_the_alerts(write: Write) -> None:
    with pytest.raises(ElcError, match=r"report\.email: found recipients, but alerts\.email names no mail server"):
        read_settings(write(lambda content: content["report"].update(email=["manager@example.org"])))
