"""The settings of a project: params.yaml and the tag lists, read once and checked whole."""

from elc.settings.model import (
    AdviseSettings,
    DatasetSettings,
    EngineSettings,
    EvaluateSettings,
    ExplainSettings,
    FaultRates,
    IngestSettings,
    MonitorSettings,
    RenderSettings,
    Settings,
    SimulatedPlant,
    SimulateSettings,
    SiteSettings,
    TrainSettings,
)
from elc.settings.plant import Carrier, Export, PlantSettings
from elc.settings.reader import StageSettings, build_plant, check_entry, read_plant, read_settings, read_yaml
from elc.settings.tags import ROLES, TURNAROUND, Tag, TagList, read_tags

__all__ = [
    "ROLES",
    "TURNAROUND",
    "AdviseSettings",
    "Carrier",
    "DatasetSettings",
    "EngineSettings",
    "EvaluateSettings",
    "ExplainSettings",
    "Export",
    "FaultRates",
    "IngestSettings",
    "MonitorSettings",
    "PlantSettings",
    "RenderSettings",
    "Settings",
    "SimulateSettings",
    "SimulatedPlant",
    "SiteSettings",
    "StageSettings",
    "Tag",
    "TagList",
    "TrainSettings",
    "build_plant",
    "check_entry",
    "read_plant",
    "read_settings",
    "read_tags",
    "read_yaml",
]
