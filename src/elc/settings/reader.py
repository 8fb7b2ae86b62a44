"""Read params.yaml: every fault in one error, with the nearest valid key for a misspelt one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from elc.errors import ElcError, build_error, build_nearest, check_faults, check_known, list_unknown
from elc.paths import CANDIDATE, Project
from elc.settings.alerts import AlertSettings
from elc.settings.bounded import check_yaml
from elc.settings.faults import read_faults
from elc.settings.model import (
    AdviseSettings,
    CompareSettings,
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

RESERVED = ("approved", CANDIDATE)  # what the registry calls its decisions, and what has no version
_PLANT_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")  # it is a part of file names
SectionT = TypeVar("SectionT", bound=Section)


@dataclass(frozen=True)
class StageSettings:
    """What one plant's stages are told: the sections with this plant's overrides, and its entry."""

    plant_id: str
    plant: PlantSettings
    site: SiteSettings = field(default_factory=SiteSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    ingest: IngestSettings = field(default_factory=IngestSettings)
    dataset: DatasetSettings = field(default_factory=DatasetSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    evaluate: EvaluateSettings = field(default_factory=EvaluateSettings)
    monitor: MonitorSettings = field(default_factory=MonitorSettings)
    explain: ExplainSettings = field(default_factory=ExplainSettings)
    advise: AdviseSettings = field(default_factory=AdviseSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    compare: CompareSettings = field(default_factory=CompareSettings)
    is_simulated: bool = False


def read_settings(project: Project) -> Settings:
    """Read and check params.yaml.

    Raises:
        ElcError: the file is not valid YAML, or keys are missing, unknown or of the wrong kind (all are named).
    """
    return parse_settings(_read_text(project.params))


@lru_cache(maxsize=4)
def parse_settings(text: str) -> Settings:
    """Read and check the text of a params.yaml, such as that of a commit.

    Raises:
        ElcError: as for `read_settings`.
    """
    return _check_settings(_parse_yaml(text, "params.yaml"))


def _check_settings(content: Any) -> Settings:
    settings = _build_section(Settings, content, "params.yaml")
    faults = [fault for name, plant in settings.plants.items() for fault in _find_plant_faults(name, plant)]
    for name, plant in settings.plants.items():
        for stage in _OVERRIDABLE:
            faults += _find_override_faults(settings, name, plant, stage)
    faults += [
        f"simulate.plants.{name}: plants has no entry {name}. Add one, or remove this."
        for name in settings.simulate.plants
        if name not in settings.plants
    ]
    faults += _find_environment_faults(settings)
    check_faults("params.yaml", faults)
    return settings


def is_id(name: str) -> bool:
    """Tell whether a name may be a plant's id."""
    return _PLANT_ID.fullmatch(name) is not None


def check_id(name: str, where: str) -> None:
    """Check that a name may be a plant's id, for it becomes a part of paths.

    Raises:
        ElcError: it may not.
    """
    check_faults(where if is_id(name) else where[:80], [] if is_id(name) else [_say_id(name)])


def _say_id(name: str) -> str:
    return (
        f"plants.{name[:80]}: a plant's id consists of lowercase letters, digits and _, starts with a letter and "
        "has at most 64 characters."
    )


def check_entry(content: Any, plant: str, where: str, settings: Settings) -> PlantSettings:
    """Check one plant's entry as it would are in params.yaml, its overrides of `settings` included.

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
    check_known("plant", plant, settings.plants)
    return build_plant(settings, plant, settings.plants[plant])


def read_operation(project: Project, plant: str, environment: str) -> StageSettings:
    """Read what monitor, explain, advise and alerts need of one plant in an environment; an empty name is none.

    Raises:
        ElcError: the plant or the environment is not in params.yaml, or params.yaml has faults.
    """
    chosen = read_plant(project, plant)
    environments = read_settings(project).environments
    if environment in ("", CANDIDATE):
        return chosen
    check_known("environment", environment, environments)
    overrides = environments[environment].overrides
    return replace(chosen, **{stage: _override(getattr(chosen, stage), keys) for stage, keys in overrides.items()})


def build_plant(settings: Settings, plant: str, entry: PlantSettings) -> StageSettings:
    """Build what the stages of one plant need, from an entry that need not are in params.yaml."""
    sections = {stage: _override(getattr(settings, stage), getattr(entry, stage)) for stage in _OVERRIDABLE}
    return StageSettings(
        site=settings.site,
        plant_id=plant,
        plant=entry,
        engine=settings.engine,
        evaluate=settings.evaluate,
        compare=settings.compare,
        is_simulated=plant in settings.simulate.plants,
        **sections,
    )


def build_default(plant: str, content: Any) -> StageSettings:
    """Build what the stages of one plant need from its entry alone; every other key has its default.

    Raises:
        ElcError: the entry is not valid (all faults are named).
    """
    entry = _build_section(PlantSettings, content, f"plant {plant}")
    chosen = StageSettings(plant_id=plant, plant=entry)
    given = {stage: (getattr(chosen, stage), getattr(entry, stage)) for stage in _OVERRIDABLE}
    faults = [fault for stage, (section, keys) in given.items() for fault in _find_fit_faults(section, keys, stage)]
    check_faults(f"plant {plant}", faults)
    return replace(chosen, **{stage: _override(section, keys) for stage, (section, keys) in given.items()})


_OVERRIDABLE = ("ingest", "dataset", "train", "monitor", "explain", "advise", "alerts")


def _override(section: SectionT, keys: dict[str, Any]) -> SectionT:
    return type(section).model_validate({**section.model_dump(), **keys})


def _find_plant_faults(name: str, plant: PlantSettings) -> list[str]:
    faults = []
    if not is_id(name):
        faults.append(_say_id(name))
    if plant.gap_carrier not in plant.carriers:
        faults.append(
            f"plants.{name}.gap_carrier: {plant.gap_carrier} is not a carrier of this plant: "
            f"{build_nearest(plant.gap_carrier, plant.carriers)}"
        )
    return faults


def _find_environment_faults(settings: Settings) -> list[str]:
    """Environments stand in the order of promotion: each takes versions from one above it, or from nowhere."""
    faults: list[str] = []
    known: list[str] = []
    for name, environment in settings.environments.items():
        where = f"environments.{name}"
        if not _PLANT_ID.fullmatch(name) or name in RESERVED:
            words = " or ".join(RESERVED)
            faults.append(
                f"{where}: an environment's name consists of lowercase letters, digits and _, at most 64 characters, "
                f"and is not {words}."
            )
        if environment.source is not None and environment.source not in known:
            before = ", ".join(known) or "null, for it is the first"
            faults.append(f"{where}.from: found {environment.source}, expected an environment above it: {before}.")
        named = [] if environment.plants == "all" else environment.plants
        faults += list_unknown(f"{where}.plants:", named, settings.plants)
        for stage, keys in environment.overrides.items():
            faults += _find_fit_faults(getattr(settings, stage), keys, f"{where}.overrides.{stage}")
        known.append(name)
    return faults


def _find_fit_faults(section: Section, keys: dict[str, Any], where: str) -> list[str]:
    """Name which keys of an override do not fit the section that they override."""
    try:
        _override(section, keys)
    except ValidationError as error:
        return [f"{where}.{fault}" for fault in read_faults(error, type(section))]
    return []


def _find_override_faults(settings: Settings, name: str, plant: PlantSettings, stage: str) -> list[str]:
    return _find_fit_faults(getattr(settings, stage), getattr(plant, stage), f"plants.{name}.{stage}")


def read_yaml(path: Path) -> Any:
    """Read a YAML file.

    Raises:
        ElcError: it is not valid YAML in UTF-8, or a key appears twice in it.
    """
    return _parse_yaml(_read_text(path), path.name)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ElcError(f"{path.name}: cannot be read as YAML in UTF-8: {error}") from None


def _parse_yaml(text: str, name: str) -> Any:
    check_yaml(text, name)
    try:
        return YAML(typ="safe").load(text)
    except YAMLError as error:
        raise ElcError(f"{name}: cannot be read as YAML in UTF-8: {error}") from None


def _build_section(model: type[SectionT], content: Any, where: str) -> SectionT:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise build_error(where, read_faults(error, model)) from None
