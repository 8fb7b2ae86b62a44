"""What `status.json` keeps of a plant: the numbers of its last interval, and what pages say about it."""

from __future__ import annotations

import math

from elc.fields import GAP_FRAC, TIME
from elc.monitor import PlantState
from elc.pages.amounts import write_hour
from elc.pages.language import get_language, get_unit
from elc.pages.monitor.recommendation import say_recommendation
from elc.pages.reasons import say_reasons
from elc.records.status import Status
from elc.settings import StageSettings


def build_record(status: PlantState, settings: StageSettings, *, answer: str, advice: str, version: str) -> Status:
    """Build what pages say about one plant, and in which language; no NaN, missing is None."""
    gap, month = status.gap, status.month
    condition = status.condition
    interval, verdict, health = status.interval, status.verdict, status.health
    return Status(
        plant=settings.plant_id,
        name=settings.plant.name,
        product=settings.plant.product,
        state=status.state,
        state_since=status.state_since.tz_convert(settings.plant.time_zone).isoformat(),
        hour=status.hour[TIME].to_pydatetime(),
        last_hour=write_hour(status.hour[TIME], settings),
        gap_gj_per_h=None if gap is None else gap.energy_gj,
        gap_low_gj_per_h=None if interval is None else interval.low,
        gap_high_gj_per_h=None if interval is None else interval.high,
        gap_frac=_drop_nan(float(status.hour[GAP_FRAC])),
        money_per_h=None if gap is None else _drop_nan(gap.money),
        co2_t_per_h=None if gap is None else _drop_nan(gap.co2_t),
        money_month=_drop_nan(month.gap.money) if month.judged else None,
        gap_gj_24h=status.day_gap_gj,
        condition_frac=None if condition is None else condition.frac,
        condition_low_frac=None if condition is None else condition.low,
        condition_high_frac=None if condition is None else condition.high,
        condition_since=None if condition is None or condition.since is None else condition.since.to_pydatetime(),
        operators_gap_gj_per_h=None if condition is None else condition.operators_gap_gj_per_h,
        size_gj_per_h=_drop_nan(status.size_gj_per_h),
        currency=settings.site.currency,
        no_gap_reason=say_reasons(status.no_gap_reasons),
        version=version,
        status=verdict.status,
        action=verdict.action,
        recommendation=say_recommendation(verdict.recommendation),
        language=get_language(),
        energy_unit=get_unit().sign,
        answer=answer,
        advice=advice,
        data_health=health.data,
        model_health=health.model,
    )


def _drop_nan(value: float) -> float | None:
    return None if math.isnan(value) else value
