"""The settings of a project: params.yaml and the tag lists, read once and checked whole."""

from elc.settings.alerts import AlertSettings, EmailSettings, find_url_fault
from elc.settings.checks import check_entry
from elc.settings.environment import EnvironmentSettings
from elc.settings.fleet import FleetSettings, StageNeeds
from elc.settings.formulas import Formula, read_formula
from elc.settings.ids import check_id, is_id
from elc.settings.listen import ListenSettings, MqttBroker, MqttSource, OpcUaSource
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
    ReportSettings,
    Settings,
    SimulatedPlant,
    SimulateSettings,
    SiteSettings,
    TrainSettings,
)
from elc.settings.plant import INTERVALS_H, Carrier, Export, Interval, PlantSettings
from elc.settings.publish import MqttTarget, PiTarget, PublishSettings, SqlTarget
from elc.settings.reader import (
    StageSettings,
    build_default,
    build_plant,
    parse_settings,
    read_operation,
    read_plant,
    read_settings,
    read_site_alerts,
    read_yaml,
)
from elc.settings.regions import ALL_OF, spread_names
from elc.settings.serve import CaptureSettings, LimitSettings, ServeSettings, SwapSettings
from elc.settings.tag_list import Tag, TagList
from elc.settings.tag_rows import ROLES, TURNAROUND
from elc.settings.tags import find_delimiter, read_carriers, read_tags

__all__ = [
    "ALL_OF",
    "INTERVALS_H",
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
    "FleetSettings",
    "Formula",
    "IngestSettings",
    "Interval",
    "LimitSettings",
    "ListenSettings",
    "MonitorSettings",
    "MqttBroker",
    "MqttSource",
    "MqttTarget",
    "OpcUaSource",
    "PiTarget",
    "PlantSettings",
    "PublishSettings",
    "RenderSettings",
    "ReportSettings",
    "ServeSettings",
    "Settings",
    "SimulateSettings",
    "SimulatedPlant",
    "SiteSettings",
    "SqlTarget",
    "StageNeeds",
    "StageSettings",
    "SwapSettings",
    "Tag",
    "TagList",
    "TrainSettings",
    "build_default",
    "build_plant",
    "check_entry",
    "check_id",
    "find_delimiter",
    "find_url_fault",
    "is_id",
    "parse_settings",
    "read_carriers",
    "read_formula",
    "read_operation",
    "read_plant",
    "read_settings",
    "read_site_alerts",
    "read_tags",
    "read_yaml",
    "spread_names",
]
