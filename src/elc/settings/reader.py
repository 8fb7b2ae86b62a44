"""Read params.yaml: every fault in one error, with the nearest valid key for a misspelt one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from elc.errors import ElcError, build_error, build_nearest, check_faults
from elc.paths import Project
from elc.settings.model import (
    AdviseSettings,
    DatasetSettings,
    EngineSettings,
    EvaluateSettings,
    ExplainSettings,
    IngestSettings,
    MonitorSettings,
    Settings,
    SiteSettings,
    TrainSettings,
)
from elc.settings.plant import PlantSettings
from elc.settings.section import Section

_PLANT_ID = re.compile(r"[a-z][a-z0-9_]*")
SectionT = TypeVar("SectionT", bound=Section)


@dataclass(frozen=True)
class StageSettings:
    """What one plant's stages are told: the sections with this plant's overrides, and its entry."""

    site: SiteSettings
    plant_id: str
    plant: PlantSettings
    engine: EngineSettings
    ingest: IngestSettings
    dataset: DatasetSettings
    train: TrainSettings
    evaluate: EvaluateSettings
    monitor: MonitorSettings
    explain: ExplainSettings
    advise: AdviseSettings


def read_settings(project: Project) -> Settings:
    """Read and check params.yaml.

    Raises:
        ElcError: the file is no YAML, or keys are missing, unknown or of the wrong kind (all are named).
    """
    content = read_yaml(project.params)
    settings = _build_section(Settings, content, "params.yaml")
    faults = [fault for name, plant in settings.plants.items() for fault in _find_plant_faults(name, plant)]
    for name, plant in settings.plants.items():
        for stage in _OVERRIDABLE:
            faults += _find_override_faults(settings, name, plant, stage)
    faults += [
        f"simulate.plants.{name}: plants: has no entry {name}. Add one, or remove this."
        for name in settings.simulate.plants
        if name not in settings.plants
    ]
    check_faults("params.yaml", faults)
    return settings


def check_entry(content: Any, plant: str, where: str, settings: Settings) -> PlantSettings:
    """Check one plant's entry as it would stand in params.yaml, its overrides of `settings` included.

    Raises:
        ElcError: the entry or the plant's id is not valid (all faults are named).
    """
    entry = _build_section(PlantSettings, content, where)
    overrides = [fault for stage in _OVERRIDABLE for fault in _find_override_faults(settings, plant, entry, stage)]
    check_faults(where, _find_plant_faults(plant, entry) + overrides)
    return entry


def read_plant(project: Project, plant: str) -> StageSettings:
    """Read what the stages of one plant need.

    Raises:
        ElcError: the plant is not in params.yaml, or params.yaml has faults.
    """
    settings = read_settings(project)
    if plant not in settings.plants:
        raise ElcError(f"params.yaml: plant {plant} is unknown: {build_nearest(plant, settings.plants)}")
    return build_plant(settings, plant, settings.plants[plant])


def build_plant(settings: Settings, plant: str, entry: PlantSettings) -> StageSettings:
    """Build what the stages of one plant need, from an entry that need not stand in params.yaml."""
    sections = {stage: _override(getattr(settings, stage), getattr(entry, stage)) for stage in _OVERRIDABLE}
    return StageSettings(
        site=settings.site,
        plant_id=plant,
        plant=entry,
        engine=settings.engine,
        evaluate=settings.evaluate,
        **sections,
    )


_OVERRIDABLE = ("ingest", "dataset", "train", "monitor", "explain", "advise")


def _override(section: SectionT, keys: dict[str, Any]) -> SectionT:
    return type(section).model_validate({**section.model_dump(), **keys})


def _find_plant_faults(name: str, plant: PlantSettings) -> list[str]:
    faults = []
    if not _PLANT_ID.fullmatch(name):
        faults.append(f"plants.{name}: a plant's id is small letters, digits and _, and starts with a letter.")
    if plant.gap_carrier not in plant.carriers:
        faults.append(
            f"plants.{name}.gap_carrier: {plant.gap_carrier} is no carrier of this plant: "
            f"{build_nearest(plant.gap_carrier, plant.carriers)}"
        )
    return faults


def _find_override_faults(settings: Settings, name: str, plant: PlantSettings, stage: str) -> list[str]:
    try:
        _override(getattr(settings, stage), getattr(plant, stage))
    except ValidationError as error:
        model = type(getattr(settings, stage))
        return [f"plants.{name}.{stage}.{fault}" for fault in _read_faults(error, model)]
    return []


def read_yaml(path: Path) -> Any:
    """Read a YAML file.

    Raises:
        ElcError: it is no YAML in UTF-8, or a key stands twice in it.
    """
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise ElcError(f"{path.name}: not readable as YAML in UTF-8: {error}") from None


def _build_section(model: type[SectionT], content: Any, where: str) -> SectionT:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise build_error(where, _read_faults(error, model)) from None


def _read_faults(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Turn pydantic's faults into sentences: which key, what was found, what was expected."""
    faults = []
    for fault in error.errors():
        key = ".".join(str(part) for part in fault["loc"]) or "the file"
        found = fault["input"]
        if fault["type"] == "extra_forbidden":
            name = str(fault["loc"][-1])
            faults.append(f"{key}: unknown key: {build_nearest(name, _find_keys(model, fault['loc'][:-1]))}")
        elif fault["type"] == "missing":
            faults.append(f"{key}: missing. Add it.")
        else:
            message = fault["msg"].removeprefix("Value error, ")
            if isinstance(found, date):
                found, message = found.isoformat(), f'a date stands in quotes, as in "{found}"'
            faults.append(f"{key}: found {found!r}: {message}.")
    return faults


def _find_keys(model: type[BaseModel], path: tuple[int | str, ...]) -> set[str]:
    """Find the valid keys at a place: walks sections, and mappings of sections, by their annotations."""
    for part in path:
        field = model.model_fields.get(str(part))
        if field is None:  # the name of a plant or carrier inside a mapping: stay on its section
            continue
        inner = [*getattr(field.annotation, "__args__", ()), field.annotation]
        nested = [kind for kind in inner if isinstance(kind, type) and issubclass(kind, BaseModel)]
        model = nested[0] if nested else model
    return set(model.model_fields)
