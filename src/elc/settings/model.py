"""The sections of params.yaml, one class each. Keys carry units; params.yaml says what each key does."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from elc.language import find_languages
from elc.settings.alerts import AlertSettings
from elc.settings.environment import EnvironmentSettings
from elc.settings.listen import ListenSettings
from elc.settings.plain import Plain
from elc.settings.plant import PlantSettings
from elc.settings.section import Day, Frac, NotNegative, Positive, Section
from elc.settings.serve import ServeSettings


class SiteSettings(Section):
    currency: Plain
    language: str

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

    name: Literal["duckdb", "spark"]
    master: str
    memory_gib: Positive


class IngestSettings(Section):
    accept_uncertain: bool
    max_hold_h: Positive
    min_coverage_frac: Frac
    weather: list[str]
    max_gap_h: NotNegative
    spike_deviations: Positive
    frozen_h: Positive
    low_coverage_frac: Frac
    masks: list[Literal["range", "frozen", "spike", "unit", "clipped", "clock", "drift"]]


class DatasetSettings(Section):
    min_load_frac: Frac
    steady_window_h: Positive
    max_load_slope_frac_per_h: Positive
    settle_after_start_h: NotNegative
    train_frac: Frac
    valid_frac: Frac
    min_hours: int = Field(gt=0)
    min_period_days: Positive
    min_valid_frac: Frac
    max_missing_h: Positive
    min_hours_per_feature: Positive
    load_bands: int = Field(gt=0)
    min_hours_per_band: Positive
    min_load_range_frac: Frac
    min_inside_frac: Frac


class TrainSettings(Section):
    seed: int
    load_pieces: int = Field(gt=0)
    driver_bins: int = Field(gt=0)
    hidden_units: int = Field(gt=0)
    members: int = Field(gt=2)
    block_days: Positive
    response_units: int = Field(gt=0)
    epochs: int = Field(gt=0)
    patience: int = Field(gt=0)
    batch_size: int = Field(gt=0)
    learning_rate: Positive
    response_learning_rate: Positive
    weight_decay: NotNegative
    interval_frac: float = Field(gt=0, lt=1)
    precedent_frac: Frac
    envelope_margin_frac: NotNegative
    envelope_prototypes: int = Field(gt=0)


class EvaluateSettings(Section):
    load_bands: int = Field(gt=0)
    block_days: Positive
    resamples: int = Field(ge=100)
    interval_frac: float = Field(gt=0, lt=1)
    seed: int = Field(ge=0)
    max_offset_frac: Positive


class TagLimits(Section):
    """What one column may do before monitoring speaks; what is not given here is the section's."""

    max_missing_frac: Frac | None = None
    max_drift: Frac | None = None


class MonitorSettings(Section):
    shown_days: int = Field(gt=0)
    curve_days: int = Field(gt=0)
    health_days: int = Field(gt=0)
    max_gap_frac: Positive
    max_bias_frac: Positive
    max_missing_frac: Frac
    max_drift: Frac
    min_inside_frac: Frac
    min_change_frac: Positive
    min_setpoint_frac: Positive
    retrain_after_days: Positive
    max_asked_outside_frac: Frac
    min_asked_rows: int = Field(gt=0)
    tags: dict[str, TagLimits]


class ExplainSettings(Section):
    like_hours: int = Field(gt=0)
    explained_days: int = Field(gt=0)
    drift_days: int = Field(gt=0)
    min_ndcg: Frac


class AdviseSettings(Section):
    max_moves: int = Field(gt=0, le=3)
    max_step_frac: Frac
    min_saving_frac: NotNegative
    min_total_frac: NotNegative
    interval_frac: float = Field(gt=0, lt=1)
    shape_error_frac: NotNegative
    log_days: int = Field(gt=0)
    follow_h: Positive
    judged_h: Positive
    hold_h: Positive
    answer_holds_h: NotNegative


class CompareSettings(Section):
    min_hours: int = Field(gt=0)
    max_p: Frac


class RenderSettings(Section):
    engine: Literal["auto", "quarto", "pandoc"]


class Settings(Section):
    """All of params.yaml."""

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
    render: RenderSettings
    serve: ServeSettings
    listen: ListenSettings
    environments: dict[str, EnvironmentSettings] = Field(min_length=1)
    plants: dict[str, PlantSettings]
