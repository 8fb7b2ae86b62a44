"""The sections of params.yaml, one class each. Keys carry units; params.yaml says what each key does."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Section(BaseModel):
    """One section of params.yaml: frozen, and a key that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _check_zone(name: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"time zone {name} is unknown; write it as in Europe/Oslo or UTC") from None
    return name


def _check_date(text: str) -> str:
    from datetime import date

    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError(f'{text} is no date; write it in quotes as in "2026-04-01"') from None
    return text


Frac = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
TimeZone = Annotated[str, AfterValidator(_check_zone)]
Day = Annotated[str, AfterValidator(_check_date)]


class SiteSettings(Section):
    currency: str


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
    hidden_units: int = Field(gt=0)
    members: int = Field(gt=1)
    epochs: int = Field(gt=0)
    patience: int = Field(gt=0)
    batch_size: int = Field(gt=0)
    learning_rate: Positive
    weight_decay: NotNegative
    precedent_frac: Frac
    envelope_margin_frac: NotNegative


class EvaluateSettings(Section):
    load_bands: int = Field(gt=0)


class MonitorSettings(Section):
    shown_days: int = Field(gt=0)
    curve_days: int = Field(gt=0)
    health_days: int = Field(gt=0)
    max_gap_frac: Positive
    max_bias_frac: Positive


class ExplainSettings(Section):
    like_hours: int = Field(gt=0)
    explained_days: int = Field(gt=0)


class AdviseSettings(Section):
    max_moves: int = Field(gt=0, le=3)
    max_step_frac: Frac
    min_saving_frac: NotNegative
    interval_frac: Frac


class RenderSettings(Section):
    engine: Literal["auto", "quarto", "pandoc"]


class Carrier(Section):
    """One kind of energy: what a GJ costs and emits; an export counts against consumption."""

    price_per_gj: float
    co2_kg_per_gj: NotNegative
    is_export: bool = False


class Export(Section):
    """How a plant's historian writes. `time_format` is strftime's; without it, ISO 8601 or epoch times are expected.

    `decimal` and `quality_codes` are for files whose content leaves open what a comma or a quality code means.
    `is_continuous` is false where the export holds chosen intervals only, such as steady states: then what lies
    between is no gap, and every interval counts as steady.
    """

    time_zone: TimeZone = "UTC"
    time_column: str | None = None
    time_format: str | None = None
    decimal: Literal[".", ","] | None = None
    quality_codes: Literal["opc_ua", "opc_da"] | None = None
    is_continuous: bool = True


class PlantSettings(Section):
    """One plant. A stage's name as a key overrides that section's keys for this plant alone."""

    name: str
    product: str
    time_zone: TimeZone
    interval: Literal["10min", "15min", "30min", "1h"]
    train_until: Day | None
    battery_limit: str
    note: str = ""
    gap_carrier: str
    export: Export
    carriers: dict[str, Carrier]
    ingest: dict[str, Any] = {}
    dataset: dict[str, Any] = {}
    train: dict[str, Any] = {}
    monitor: dict[str, Any] = {}
    explain: dict[str, Any] = {}
    advise: dict[str, Any] = {}


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
    render: RenderSettings
    plants: dict[str, PlantSettings]
