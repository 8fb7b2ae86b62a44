"""What is wrong with a params.yaml, or with the entry of a plant: every fault, by the place where its key stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from elc.errors import build_error, build_nearest, check_faults, list_unknown
from elc.paths import CANDIDATE
from elc.settings.environment import EnvironmentSettings
from elc.settings.faults import Find, Place, put_below, read_faults
from elc.settings.ids import find_id_fault, is_name
from elc.settings.model import Settings
from elc.settings.plant import PlantSettings
from elc.settings.regions import Origin, find_region_faults, find_unknown, read_origins, spread_names
from elc.settings.section import Section

OVERRIDABLE = ("ingest", "dataset", "train", "monitor", "explain", "advise", "alerts", "report")
RESERVED = ("approved", CANDIDATE)  # what the registry calls its decisions, and what has no version
SectionT = TypeVar("SectionT", bound=Section)


def check_settings(content: Any) -> Settings:
    """Check what a params.yaml holds, and give each plant what its region says, each environment its regions' plants.

    Raises:
        ElcError: it has faults (all are named).
    """
    origins = read_origins(content)
    settings = _spread_plants(_build_settings(content, origins))
    faults = [
        fault for name, plant in settings.plants.items() for fault in _find_plant_faults(name, plant, origins[name])
    ]
    for name, region in settings.regions.items():
        faults += _find_override_faults(settings, region, put_below("regions", name))
    for name, plant in settings.plants.items():
        faults += _find_override_faults(settings, dict(plant), origins[name].find)
    faults += [
        f"simulate.plants.{name}: plants has no entry {name}. Add one, or remove this."
        for name in settings.simulate.plants
        if name not in settings.plants
    ]
    faults += _find_environment_faults(settings)
    faults += _find_publish_faults(settings)
    if settings.report.email and settings.alerts.email is None:
        faults.append(
            "report.email: found recipients, but alerts.email names no mail server. Set alerts.email, or empty this "
            "list."
        )
    check_faults("params.yaml", dict.fromkeys(faults))  # what a region says wrongly, each of its plants has
    return settings


def _build_settings(content: Any, origins: Mapping[str, Origin]) -> Settings:
    """Build the settings of a params.yaml, each plant with what its region says."""
    faults = list(find_unknown(origins))
    if origins:
        faults += find_region_faults(content.get("regions"))
        known = {name: origin for name, origin in origins.items() if origin.region is None or origin.shared is not None}
        content = {**content, "plants": {name: origin.merge() for name, origin in known.items()}}

    def find(place: Place) -> Place:
        is_of_plant = place[:1] == ("plants",) and place[1:2] and place[1] in origins
        return origins[str(place[1])].find(place[2:]) if is_of_plant else place

    try:
        settings = Settings.model_validate(content)
    except ValidationError as error:
        faults += read_faults(error, Settings, find)
    check_faults("params.yaml", dict.fromkeys(faults))
    return settings


def _spread_plants(settings: Settings) -> Settings:
    """Put plants in the place of the regions that environments name."""
    regions = {name: plant.region for name, plant in settings.plants.items()}
    spread = dict(settings.environments)
    faults = []
    for name, environment in settings.environments.items():
        if environment.plants != "all":
            plants, unknown = spread_names(environment.plants, regions, settings.regions)
            faults += list_unknown(f"environments.{name}.plants: region", unknown, settings.regions)
            spread[name] = environment.model_copy(update={"plants": plants})
    check_faults("params.yaml", faults)
    return settings.model_copy(update={"environments": spread})


def check_entry(content: Any, plant: str, where: str, settings: Settings) -> PlantSettings:
    """Check one plant's entry as it would are in params.yaml, its region and its overrides of `settings` included.

    Raises:
        ElcError: the entry or the plant's id is not valid (all faults are named).
    """
    origin = Origin(content, settings.regions)
    check_faults(where, find_unknown({plant: origin}))
    try:
        entry = PlantSettings.model_validate(origin.merge())
    except ValidationError as error:
        raise build_error(where, read_faults(error, PlantSettings, origin.find)) from None
    placed = Origin(content, settings.regions, ("plants", plant))
    overrides = _find_override_faults(settings, dict(entry), placed.find)
    check_faults(where, [*_find_plant_faults(plant, entry, placed), *overrides])
    return entry


def build_section(model: type[SectionT], content: Any, where: str) -> SectionT:
    """Build a section from what a file holds.

    Raises:
        ElcError: it has faults (all are named).
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise build_error(where, read_faults(error, model)) from None


def override(section: SectionT, keys: dict[str, Any]) -> SectionT:
    """Give a section with some keys that are other."""
    return type(section).model_validate({**section.model_dump(), **keys})


def find_fit_faults(section: Section, keys: dict[str, Any], find: Find) -> list[str]:
    """Name which keys of an override do not fit the section that they override; `find` gives where each stands."""
    try:
        override(section, keys)
    except ValidationError as error:
        return read_faults(error, type(section), find)
    return []


def _find_override_faults(settings: Settings, content: Mapping[str, Any], find: Find) -> Iterator[str]:
    """Find faults of the sections that a plant or a region overrides; `find` gives where a key of them stands."""
    for stage in OVERRIDABLE:
        keys = content.get(stage) or {}
        yield from find_fit_faults(getattr(settings, stage), keys, partial(_find_below, find, stage))


def _find_below(find: Find, stage: str, place: Place) -> Place:
    return find((stage, *place))


def _find_plant_faults(name: str, plant: PlantSettings, origin: Origin) -> Iterator[str]:
    fault = find_id_fault(name)
    if fault:
        yield fault
    if plant.gap_carrier not in plant.carriers:
        place = origin.find(("gap_carrier",))
        whose = "this plant" if place[0] == "plants" else f"plant {name}"
        yield (
            f"{'.'.join(map(str, place))}: {plant.gap_carrier} is not a carrier of {whose}: "
            f"{build_nearest(plant.gap_carrier, plant.carriers)}"
        )


def _find_environment_faults(settings: Settings) -> list[str]:
    """Environments stand in the order of promotion: each takes versions from one above it, or from nowhere."""
    faults: list[str] = []
    known: list[str] = []
    for name, environment in settings.environments.items():
        where = f"environments.{name}"
        if not is_name(name) or name in RESERVED:
            words = " or ".join(RESERVED)
            faults.append(
                f"{where}: an environment's name consists of lowercase letters, digits and _, at most 64 characters, "
                f"ends with a letter or digit, and is not {words}."
            )
        if environment.source is not None and environment.source not in known:
            before = ", ".join(known) or "null, for it is the first"
            faults.append(f"{where}.from: found {environment.source}, expected an environment above it: {before}.")
        named = [] if environment.plants == "all" else environment.plants
        faults += list_unknown(f"{where}.plants:", named, settings.plants)
        faults += _find_environment_overrides(settings, name, environment)
        known.append(name)
    return faults


def _find_environment_overrides(settings: Settings, name: str, environment: EnvironmentSettings) -> Iterator[str]:
    for stage, keys in environment.overrides.items():
        find = put_below("environments", name, "overrides", stage)
        yield from find_fit_faults(getattr(settings, stage), keys, find)


def _find_publish_faults(settings: Settings) -> list[str]:
    """Find what publish names and is not there."""
    named = [settings.publish.environment] if settings.publish.environment else []
    faults = list_unknown("publish.environment:", named, settings.environments)
    for name, target in settings.publish.pi.items():
        faults += list_unknown(f"publish.pi.{name}.tags:", target.tags, settings.plants)
    return faults
