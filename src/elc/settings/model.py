"""The sections of params.yaml, one class each. Keys carry units; params.yaml says what each key does.

A key that is not given has the default that stands here, which is what the demo's params.yaml says, too.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from elc.settings.alerts import Address, AlertSettings
from elc.settings.environment import EnvironmentSettings
from elc.settings.fleet import FleetSettings
from elc.settings.languages import find_languages
from elc.settings.listen import ListenSettings
from elc.settings.plain import Plain
from elc.settings.plant import EnergyUnit, PlantSettings
from elc.settings.publish import PublishSettings
from elc.settings.registry import RegistrySettings
from elc.settings.section import Day, Frac, NotNegative, Positive, Section
from elc.settings.serve import ServeSettings


class SiteSettings(Section):
    currency: Plain = "EUR"
    language: str = "en"
    energy_unit: EnergyUnit = "GJ"

    @field_validator("language")
    @classmethod
    def _check_language(cls, code: str) -> str:
        known = find_languages()
        if code not in known:
            raise ValueError(f"language {code} is unknown; expected one of {', '.join(known)}")
        return code


class FaultRates(Section):
    """How often the simulated historian goes wrong, per plant."""

    gap_frac: Frac
    frozen_per_month: NotNegative
    spike_frac: Frac
    calibration_min_per_day: NotNegative
    drift_frac_per_year: NotNegative
    unit_mixups: int = Field(ge=0)
    clipped_tags: int = Field(ge=0)
    negative_zero: bool
    failed_transmitters: int = Field(ge=0)
    renamed_tags: int = Field(ge=0)
    clock_shifts: int = Field(ge=0)
    duplicate_frac: Frac
    uncertain_frac: Frac
    totaliser_resets: int = Field(ge=0)


class SimulatedPlant(Section):
    """One simulated plant: size, age, climate and the faults of its historian."""

    seed: int
    capacity_t_per_h: Positive
    sec_gj_per_t: Positive
    flue_o2_gj_per_t_per_pct: Positive
    ageing_frac_per_year: NotNegative
    years_since_turnaround: NotNegative
    turnaround_day: int = Field(ge=0)
    trips_per_year: NotNegative
    discipline: Positive
    mean_load_frac: Frac
    air_mean_degc: float
    air_season_degc: NotNegative
    cooling_approach_degc: float
    faults: FaultRates


class SimulateSettings(Section):
    start: Day
    days: int = Field(gt=1)
    step_min: Literal[1, 2, 5, 10, 15]
    plants: dict[str, SimulatedPlant]


class EngineSettings(Section):
    """What runs the expressions of ingest; `master` is Spark's."""

    name: Literal["duckdb", "spark"] = "duckdb"
    master: str = "local[*]"
    memory_gib: Positive = 1.0


Mask = Literal["range", "frozen", "spike", "unit", "clipped", "clock", "drift"]
MASKS: tuple[Mask, ...] = ("range", "frozen", "spike", "unit")


class IngestSettings(Section):
    accept_uncertain: bool = False
    max_hold_h: Positive = 6.0
    min_coverage_frac: Frac = 0.5
    weather: list[str] = Field(default_factory=lambda: ["air_temp_degc", "cooling_water_temp_degc"])
    max_gap_h: NotNegative = 6.0
    spike_deviations: Positive = 8.0
    frozen_h: Positive = 6.0
    low_coverage_frac: Frac = 0.9
    masks: list[Mask] = Field(default_factory=lambda: list(MASKS))


class DatasetSettings(Section):
    min_load_frac: Frac = 0.5
    steady_window_h: Positive = 4.0
    max_load_slope_frac_per_h: Positive = 0.01
    settle_after_start_h: NotNegative = 12.0
    train_frac: Frac = 0.6
    valid_frac: Frac = 0.15
    min_hours: int = Field(default=500, gt=0)
    min_period_days: Positive = 365.0
    min_valid_frac: Frac = 0.75
    max_missing_h: Positive = 168.0
    min_hours_per_feature: Positive = 240.0
    load_bands: int = Field(default=5, gt=0)
    min_hours_per_band: Positive = 100.0
    min_load_range_frac: Frac = 0.2
    min_inside_frac: Frac = 0.95


class TrainSettings(Section):
    seed: int = 7
    load_pieces: int = Field(default=10, gt=0)
    driver_bins: int = Field(default=8, gt=0)
    hidden_units: int = Field(default=32, gt=0)
    members: int = Field(default=8, gt=2)
    block_days: Positive = 7.0
    response_units: int = Field(default=8, gt=0)
    epochs: int = Field(default=300, gt=0)
    patience: int = Field(default=20, gt=0)
    batch_size: int = Field(default=512, gt=0)
    learning_rate: Positive = 0.001
    response_learning_rate: Positive = 0.004
    weight_decay: NotNegative = 0.001
    interval_frac: float = Field(default=0.8, gt=0, lt=1)
    precedent_frac: Frac = 0.1
    envelope_margin_frac: NotNegative = 0.02
    envelope_prototypes: int = Field(default=128, gt=0)


class EvaluateSettings(Section):
    load_bands: int = Field(default=5, gt=0)
    block_days: Positive = 7.0
    resamples: int = Field(default=2000, ge=100)
    interval_frac: float = Field(default=0.95, gt=0, lt=1)
    seed: int = Field(default=7, ge=0)
    max_offset_frac: Positive = 0.003


class TagLimits(Section):
    """What one column may do before monitoring speaks; what is not given here is the section's."""

    max_missing_frac: Frac | None = None
    max_drift: Frac | None = None


class MonitorSettings(Section):
    shown_days: int = Field(default=7, gt=0)
    curve_days: int = Field(default=60, gt=0)
    health_days: int = Field(default=28, gt=0)
    max_gap_frac: Positive = 0.02
    max_bias_frac: Positive = 0.005
    max_missing_frac: Frac = 0.2
    max_drift: Frac = 0.1
    min_inside_frac: Frac = 0.8
    min_change_frac: Positive = 0.006
    min_setpoint_frac: Positive = 0.003
    retrain_after_days: Positive = 28.0
    max_asked_outside_frac: Frac = 0.5
    min_asked_rows: int = Field(default=100, gt=0)
    tags: dict[str, TagLimits] = Field(default_factory=dict)


class ExplainSettings(Section):
    like_hours: int = Field(default=200, gt=0)
    explained_days: int = Field(default=7, gt=0)
    drift_days: int = Field(default=28, gt=0)
    min_ndcg: Frac = 0.9


class AdviseSettings(Section):
    max_moves: int = Field(default=3, gt=0, le=3)
    max_step_frac: Frac = 0.25
    min_saving_frac: NotNegative = 0.0005
    min_total_frac: NotNegative = 0.003
    interval_frac: float = Field(default=0.8, gt=0, lt=1)
    shape_error_frac: NotNegative = 0.05
    log_days: int = Field(default=28, gt=0)
    follow_h: Positive = 12.0
    judged_h: Positive = 6.0
    hold_h: Positive = 24.0
    answer_holds_h: NotNegative = 24.0


class CompareSettings(Section):
    min_hours: int = Field(default=168, gt=0)
    max_p: Frac = 0.05


class ReportSettings(Section):
    """What a report of a period asks for, and who gets it by mail, from the server of `alerts.email`.

    `email` of a plant or region names who gets its own report; that of all plants goes to the site's `email`.
    """

    interval_frac: float = Field(default=0.9, gt=0, lt=1)
    min_baseline_days: Positive = 365.0
    min_baseline_h: Positive = 672.0
    min_judged_frac: Frac = 0.5
    wait_h: NotNegative = 24.0
    email: list[Address] = Field(default_factory=list)


class RenderSettings(Section):
    engine: Literal["auto", "quarto", "pandoc"] = "auto"


class Settings(Section):
    """All of params.yaml. `regions` stand as they are written; `plants` have what their regions say."""

    site: SiteSettings
    simulate: SimulateSettings
    engine: EngineSettings
    ingest: IngestSettings
    dataset: DatasetSettings
    train: TrainSettings
    evaluate: EvaluateSettings
    monitor: MonitorSettings
    explain: ExplainSettings
    advise: AdviseSettings
    alerts: AlertSettings
    compare: CompareSettings
    report: ReportSettings = Field(default_factory=ReportSettings)
    render: RenderSettings
    serve: ServeSettings
    listen: ListenSettings
    publish: PublishSettings = Field(default_factory=PublishSettings)
    registry: RegistrySettings = Field(default_factory=RegistrySettings)
    fleet: FleetSettings = Field(default_factory=FleetSettings)
    environments: dict[str, EnvironmentSettings] = Field(min_length=1)
    regions: dict[str, Annotated[dict[str, Any], BeforeValidator(lambda given: {} if given is None else given)]] = (
        Field(default_factory=dict)
    )
    plants: dict[str, PlantSettings]
