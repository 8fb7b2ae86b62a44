"""The findings of monitoring: what of a plant's energy, load, set-points and models is doubtful, and since when."""

from __future__ import annotations

import pandas as pd

from elc.curve import Package, describe_column, find_last, find_size, find_tag
from elc.fields import CONDITION_FRAC, CONDITION_HIGH, CONDITION_LOW, CONDITION_SINCE, ENERGY, TIME
from elc.findings import Finding, Kind
from elc.monitor.concept import Concept
from elc.monitor.errors import Figure, find_recent_hours
from elc.monitor.setpoints import LeftOff
from elc.settings import StageSettings

_OFF = ("since_first", "since_last", "size_frac", "size_gj_per_h", "plant_gj_per_h", "is_unclear", "meters")
# What explains that energy is off: a meter, the sensor of a driver, a meter or fouling, or nothing that the data know.
METER, SENSOR, METER_OR_PLANT, PLANT = (
    Kind("relation", name, _OFF) for name in ("meter", "sensor", "meter_or_plant", "plant")
)
REGIME = Kind("load_regime", needs=("tag", "since_first", "since_last", "before", "after"))
SETPOINT = "setpoint"
LEFT_OFF = Kind(SETPOINT, needs=("tag", "median", "usual", "cost_frac"))
WORSE = {name: Kind(f"model_{name}", needs=("days", "figures")) for name in ("typical", "response")}
CONDITION = Kind("condition", needs=("size_frac", "low_frac", "high_frac"))
OUTSIDE = Kind("envelope", needs=("inside_frac", "days", "min_inside_frac"))


def _find_end(scored: pd.DataFrame, settings: StageSettings) -> pd.Timestamp:
    return pd.Timestamp(scored[TIME].max() + settings.plant.interval_length)


def build_relation(concept: Concept, scored: pd.DataFrame, package: Package, settings: StageSettings) -> list[Finding]:
    """The finding of a lasting change of typical's error that set-points do not explain, or may not."""
    change = concept.change
    if change is None or concept.kind in ("setpoints", "inputs"):
        return []
    since = concept.since
    meters = concept.suspects or ((concept.possible,) if concept.possible else ())
    values = {
        "since_first": (change.start if since is None else since.first).isoformat(),
        "since_last": (change.start if since is None else since.last).isoformat(),
        "size_frac": concept.size_frac,
        "size_gj_per_h": concept.size_gj_per_h,
        "relation_frac": concept.relation_frac,
        "plant_gj_per_h": find_size(scored),
        "is_unclear": concept.kind == "unclear",
        "meters": [describe_column(column, package) for column in meters],
    }
    kind = METER if concept.suspects else METER_OR_PLANT if concept.possible else PLANT
    kind = SENSOR if concept.sensor else kind
    column, end = next(iter(meters), ENERGY), _find_end(scored, settings)
    return [Finding(kind, settings.plant_id, column, change.start, end, values)]


def build_condition(concept: Concept, scored: pd.DataFrame, settings: StageSettings) -> list[Finding]:
    """The finding of a named condition, where no change of the relation tells the same already."""
    last = find_last(scored)
    is_told = concept.change is not None and concept.kind in ("relation", "unclear")
    if is_told or pd.isna(last.get(CONDITION_SINCE)):
        return []
    columns = {"size_frac": CONDITION_FRAC, "low_frac": CONDITION_LOW, "high_frac": CONDITION_HIGH}
    values = {name: float(last[column]) for name, column in columns.items()}
    start, end = pd.Timestamp(last[CONDITION_SINCE]), _find_end(scored, settings)
    return [Finding(CONDITION, settings.plant_id, ENERGY, start, end, values)]


def build_regime(concept: Concept, scored: pd.DataFrame, package: Package, settings: StageSettings) -> list[Finding]:
    """The finding of a plant that runs at another load than it was trained on."""
    moved = concept.find_moved(package.throughput) if concept.moved else None
    if moved is None or package.throughput in concept.suspects:
        return []
    values = {
        "tag": find_tag(moved.column, package),
        "since_first": moved.since.first.isoformat(),
        "since_last": moved.since.last.isoformat(),
        "before": moved.before,
        "after": moved.after,
    }
    return [Finding(REGIME, settings.plant_id, moved.column, moved.since.day, _find_end(scored, settings), values)]


def build_left_off(
    left_off: list[LeftOff], scored: pd.DataFrame, package: Package, settings: StageSettings
) -> list[Finding]:
    """One finding for each set-point that costs more than its habit."""
    end = _find_end(scored, settings)
    found = []
    for one in left_off:
        values = {
            "tag": find_tag(one.column, package),
            "cost_frac": one.cost_frac,
            "median": one.median,
            "usual": one.usual,
        }
        found.append(Finding(LEFT_OFF, settings.plant_id, one.column, one.change.start, end, values))
    return found


def build_figures(figures: list[Figure], judged: pd.DataFrame, settings: StageSettings) -> list[Finding]:
    """One finding for each model of which a figure is beyond its limits."""
    found = []
    for model, kind in WORSE.items():
        bad = [one for one in figures if one.model == model and one.is_violated]
        if not bad:
            continue
        recent = find_recent_hours(judged, settings)
        start, end = recent[TIME].iloc[0], judged[TIME].iloc[-1] + settings.plant.interval_length
        limits = [{name: getattr(one, name) for name in ("name", "unit", "now", "low", "high")} for one in bad]
        values = {"days": settings.monitor.health_days, "figures": limits}
        found.append(Finding(kind, settings.plant_id, ENERGY, start, end, values))
    return found


def build_inside(inside: float | None, scored: pd.DataFrame, settings: StageSettings) -> list[Finding]:
    """The finding of a plant that too often runs outside the envelope."""
    if inside is None or inside >= settings.monitor.min_inside_frac:
        return []
    end, days = _find_end(scored, settings), settings.monitor.health_days
    values = {"inside_frac": inside, "days": days, "min_inside_frac": settings.monitor.min_inside_frac}
    return [Finding(OUTSIDE, settings.plant_id, ENERGY, end - pd.Timedelta(days, "D"), end, values)]
