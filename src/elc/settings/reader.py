"""Read params.yaml: every fault in one error, with the nearest valid key for a misspelt one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from elc.errors import ElcError, check_faults, check_known
from elc.paths import CANDIDATE, Project
from elc.settings.alerts import AlertSettings
from elc.settings.bounded import check_yaml
from elc.settings.checks import OVERRIDABLE, build_section, check_settings, find_fit_faults, override
from elc.settings.faults import put_below
from elc.settings.model import (
    AdviseSettings,
    CompareSettings,
    DatasetSettings,
    EngineSettings,
    EvaluateSettings,
    ExplainSettings,
    IngestSettings,
    MonitorSettings,
    ReportSettings,
    Settings,
    SiteSettings,
    TrainSettings,
)
from elc.settings.plant import EnergyUnit, PlantSettings
from elc.settings.regions import Origin, find_unknown


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
    report: ReportSettings = field(default_factory=ReportSettings)
    is_simulated: bool = False

    @property
    def energy_unit(self) -> EnergyUnit:
        """The unit in which the plant's energy is said."""
        return self.plant.energy_unit or self.site.energy_unit


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
    return check_settings(_parse_yaml(text, "params.yaml"))


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
    return replace(chosen, **{stage: override(getattr(chosen, stage), keys) for stage, keys in overrides.items()})


def read_site_alerts(project: Project, environment: str) -> AlertSettings:
    """Read what alerts need in an environment apart from any plant; an empty name is none."""
    settings = read_settings(project)
    chosen = settings.environments.get(environment)
    return override(settings.alerts, chosen.overrides.get("alerts", {}) if chosen else {})


def build_plant(settings: Settings, plant: str, entry: PlantSettings) -> StageSettings:
    """Build what the stages of one plant need, from an entry that need not are in params.yaml."""
    sections = {stage: override(getattr(settings, stage), getattr(entry, stage)) for stage in OVERRIDABLE}
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
    where = f"plant {plant}"
    check_faults(where, find_unknown({plant: Origin(content, None)}))
    entry = build_section(PlantSettings, content, where)
    chosen = StageSettings(plant_id=plant, plant=entry)
    given = {stage: (getattr(chosen, stage), getattr(entry, stage)) for stage in OVERRIDABLE}
    faults = [
        fault for stage, (section, keys) in given.items() for fault in find_fit_faults(section, keys, put_below(stage))
    ]
    check_faults(where, faults)
    return replace(chosen, **{stage: override(section, keys) for stage, (section, keys) in given.items()})


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
