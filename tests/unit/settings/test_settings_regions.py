"""Regions: settings that plants share, each with the plant's own key before it, and faults named where they stand."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from elc.errors import ElcError
from elc.paths import Project
from elc.settings import Settings, build_default, check_entry, parse_settings, read_operation, read_settings

ROOT = Path(__file__).resolve().parents[3]
MOVED = ("product", "time_zone", "interval", "battery_limit", "gap_carrier", "export", "carriers")
Content = dict[str, Any]
Change = Callable[[Content], object]


@pytest.fixture(scope="module")
def given() -> Content:
    """The project's settings, of which most of fjord's entry stands in a region."""
    content: Content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    entry = content["plants"]["fjord"]
    content["regions"] = {"north": {key: entry.pop(key) for key in MOVED}, "south": None}
    entry["region"] = "north"
    return content


def read(given: Content, change: Change = lambda _: None) -> Settings:
    content = copy.deepcopy(given)
    change(content)
    return parse_settings(yaml.safe_dump(content, sort_keys=False))


def test_a_plant_has_what_its_region_says(given: Content) -> None:
    before, now = read_settings(Project(ROOT)), read(given)
    assert now.plants["fjord"] == before.plants["fjord"].model_copy(update={"region": "north"})
    assert {name: now.plants[name] for name in ("delta", "steppe")} == {
        name: before.plants[name] for name in ("delta", "steppe")
    }
    assert list(now.regions) == ["north", "south"]


def test_the_plants_own_key_counts_and_mappings_merge_key_by_key(given: Content) -> None:
    def change(content: Content) -> None:
        content["regions"]["north"] |= {
            "turnarounds": ["2020-01-01"],
            "energy_unit": "MWh",
            "monitor": {"max_drift": 0.3, "tags": {"flue_o2_pct": {"max_drift": 0.4}}},
        }
        content["plants"]["fjord"] |= {
            "carriers": {"gas": {"price_per_gj": {"2026-01-01": 9.0}}, "oil": {"price_per_gj": 1, "co2_kg_per_gj": 74}},
            "energy_unit": None,
            "monitor": {"shown_days": 3, "tags": {"flue_o2_pct": {"max_missing_frac": 0.5}}},
        }

    fjord = read(given, change).plants["fjord"]
    gas = fjord.carriers["gas"]
    assert (gas.price_per_gj, gas.co2_kg_per_gj) == ({"2026-01-01": 9.0}, 56.1)
    assert list(fjord.carriers) == ["gas", "electricity", "steam", "oil"]
    assert fjord.turnarounds == ["2023-06-20", "2024-08-23"]  # a list replaces that of the region
    assert fjord.energy_unit is None
    tags = {"flue_o2_pct": {"max_drift": 0.4, "max_missing_frac": 0.5}}
    assert fjord.monitor == {"max_drift": 0.3, "tags": tags, "shown_days": 3}


def test_prices_by_date_are_one_value(given: Content) -> None:
    def change(content: Content) -> None:
        content["regions"]["north"]["carriers"]["gas"]["price_per_gj"] = {"2024-01-01": 8.0, "2026-01-01": 9.0}
        content["plants"]["fjord"]["carriers"] = {"gas": {"price_per_gj": {"2025-01-01": 3.0}}}

    assert read(given, change).plants["fjord"].carriers["gas"].price_per_gj == {"2025-01-01": 3.0}


def test_a_region_overrides_the_sections_for_its_plants_alone(given: Content, tmp_path: Path) -> None:
    content = copy.deepcopy(given)
    content["regions"]["north"]["monitor"] = {"shown_days": 3}
    content["regions"]["south"] = {"monitor": {"shown_days": 4}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    shown = [read_operation(Project(tmp_path), plant, "").monitor.shown_days for plant in ("fjord", "delta")]
    assert shown == [3, 7]


def test_an_environment_may_name_the_plants_of_a_region(given: Content) -> None:
    def change(content: Content) -> None:
        content["plants"]["steppe"]["region"] = "north"
        content["environments"]["prod"]["plants"] = ["delta", "north/*", "south/*", "fjord"]

    prod = read(given, change).environments["prod"]
    assert prod.plants == ["delta", "fjord", "steppe"]


FAULTS: dict[str, tuple[Change, str]] = {
    "unknown region": (
        lambda it: it["plants"]["fjord"].update(region="norht"),
        r"plants\.fjord\.region: region norht is unknown: did you mean north\?",
    ),
    "no regions": (
        lambda it: it.pop("regions"),
        r"plants\.fjord\.region: region north is unknown: params\.yaml has no regions\. Add it, or remove this key\.",
    ),
    "unknown key of a region": (
        lambda it: it["regions"]["north"].update(time_zne="UTC"),
        r"regions\.north\.time_zne: unknown key: did you mean time_zone\?",
    ),
    "unknown key of a region without plants": (
        lambda it: it["regions"].update(south={"export": {"time_zon": "UTC"}}),
        r"regions\.south\.export\.time_zon: unknown key: did you mean time_zone\?",
    ),
    "unknown key of the plant in what the region has, too": (
        lambda it: it["plants"]["fjord"].update(export={"time_zon": "UTC"}),
        r"plants\.fjord\.export\.time_zon: unknown key: did you mean time_zone\?",
    ),
    "wrong value of a region": (
        lambda it: it["regions"]["north"]["carriers"]["gas"].update(co2_kg_per_gj=-1),
        r"regions\.north\.carriers\.gas\.co2_kg_per_gj: found -1: .*",
    ),
    "wrong value of a plant before a sound one of its region": (
        lambda it: it["plants"]["fjord"].update(time_zone="Europe/Olso"),
        r"plants\.fjord\.time_zone: found 'Europe/Olso': .*",
    ),
    "key that neither has": (
        lambda it: it["regions"]["north"].pop("time_zone"),
        r"plants\.fjord\.time_zone: missing\. Add it\.",
    ),
    "override of a region": (
        lambda it: it["regions"]["north"].update(train={"epoch": 3}),
        r"regions\.north\.train\.epoch: unknown key: did you mean epochs\?",
    ),
    "override of a region without plants": (
        lambda it: it["regions"].update(south={"train": {"epochs": 0}}),
        r"regions\.south\.train\.epochs: found 0: Input should be greater than 0\.",
    ),
    "override of a plant": (
        lambda it: it["plants"]["fjord"].update(train={"epoch": 3}),
        r"plants\.fjord\.train\.epoch: unknown key: did you mean epochs\?",
    ),
    "carrier of a region": (
        lambda it: it["regions"]["north"].update(gap_carrier="gass"),
        r"regions\.north\.gap_carrier: gass is not a carrier of plant fjord: did you mean gas\?",
    ),
    "what each plant has": (
        lambda it: it["regions"]["north"].update(name="North", region="south"),
        r"2 faults\n  - regions\.north\.region: found in a region, but each plant has its own\. Move it to the plants\."
        r"\n  - regions\.north\.name: found in a region, .*",
    ),
    "name of a region": (
        lambda it: it["regions"].update({"north-west": {}}),
        r"regions\.north-west: a region's name consists of lowercase letters, digits and _, .*",
    ),
    "region of an environment": (
        lambda it: it["environments"]["prod"].update(plants=["norht/*"]),
        r"environments\.prod\.plants: region norht is unknown: did you mean north\?",
    ),
    "regions that are a list": (
        lambda it: it.update(regions=["north"]),
        r"2 faults\n  - plants\.fjord\.region: region north is unknown: .*\n  - regions: found \['north'\]: .*",
    ),
    "a region that is a text": (
        lambda it: it["regions"].update(south="soon"),
        r"regions\.south: found 'soon': Input should be a valid dictionary\.",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_once_where_it_stands(given: Content, fault: str) -> None:
    change, words = FAULTS[fault]
    with pytest.raises(ElcError, match=rf"^params\.yaml: {words}$"):
        read(given, change)


def test_a_fault_of_a_region_is_told_once_for_all_its_plants(given: Content) -> None:
    def change(content: Content) -> None:
        content["plants"]["delta"] = {**content["plants"]["fjord"], "name": "Delta"}
        content["regions"]["north"]["time_zone"] = "Europe/Olso"

    with pytest.raises(ElcError, match=r"^params\.yaml: regions\.north\.time_zone: found 'Europe/Olso'"):
        read(given, change)


def test_an_entry_is_checked_with_its_region(given: Content) -> None:
    settings, entry = read(given), given["plants"]["fjord"]
    assert check_entry(entry, "mill", "mill.yaml", settings).time_zone == "Europe/Oslo"
    with pytest.raises(ElcError, match=r"^mill\.yaml: plants\.mill\.region: region west is unknown: "):
        check_entry({**entry, "region": "west"}, "mill", "mill.yaml", settings)
    with pytest.raises(ElcError, match=r"^mill\.yaml: exprt: unknown key: did you mean export\?$"):
        check_entry({**entry, "exprt": {}}, "mill", "mill.yaml", settings)


def test_an_entry_without_a_project_has_no_region(given: Content) -> None:
    with pytest.raises(ElcError, match=r"^plant mill: plants\.mill\.region: region north is unknown: "):
        build_default("mill", given["plants"]["fjord"])
