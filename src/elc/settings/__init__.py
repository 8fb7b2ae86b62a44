"""The settings of a project: params.yaml and the tag lists, read once and checked whole."""

from elc.settings.alerts import AlertSettings, EmailSettings, find_url_fault
from elc.settings.environment import EnvironmentSettings
from elc.settings.listen import ListenSettings, MqttSource, OpcUaSource
from elc.settings.model import (
    AdviseSettings,
    CompareSettings,
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
from elc.settings.reader import (
    StageSettings,
    build_plant,
    check_entry,
    check_id,
    is_id,
    parse_settings,
    read_operation,
    read_plant,
    read_settings,
    read_yaml,
)
from elc.settings.serve import CaptureSettings, LimitSettings, ServeSettings, SwapSettings
from elc.settings.tag_list import Tag, TagList
from elc.settings.tag_rows import ROLES, TURNAROUND
from elc.settings.tags import read_tags

__all__ = [
    "ROLES",
    "TURNAROUND",
    "AdviseSettings",
    "AlertSettings",
    "CaptureSettings",
    "Carrier",
    "CompareSettings",
    "DatasetSettings",
    "EmailSettings",
    "EngineSettings",
    "EnvironmentSettings",
    "EvaluateSettings",
    "ExplainSettings",
    "Export",
    "FaultRates",
    "IngestSettings",
    "LimitSettings",
    "ListenSettings",
    "MonitorSettings",
    "MqttSource",
    "OpcUaSource",
    "PlantSettings",
    "RenderSettings",
    "ServeSettings",
    "Settings",
    "SimulateSettings",
    "SimulatedPlant",
    "SiteSettings",
    "StageSettings",
    "SwapSettings",
    "Tag",
    "TagList",
    "TrainSettings",
    "build_plant",
    "check_entry",
    "check_id",
    "find_url_fault",
    "is_id",
    "parse_settings",
    "read_operation",
    "read_plant",
    "read_settings",
    "read_tags",
    "read_yaml",
]
