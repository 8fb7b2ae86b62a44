"""From what was found to one recommendation: nothing, look at a tag, recalibrate a meter, or train again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from elc.curve import Package, describe_column
from elc.dataset import LEAST_WEEKS
from elc.fields import RUNNING, STATE, TIME
from elc.findings import Finding, Reason, list_findings
from elc.monitor.check import Check
from elc.monitor.dating import Since
from elc.monitor.doubts import REGIME, SETPOINT
from elc.monitor.inputs import Moved
from elc.monitor.requests import BROKEN_CHECK, CHECKS, LOST_CHECK, OUTSIDE_CHECK
from elc.monitor.violations import ATTRIBUTION, DRIFT, EXTRA_COLUMN
from elc.records.status import Action, Outcome
from elc.settings import StageSettings

SOUND, NOT_JUDGED = "sound", "not judged"
COMPLETED: Final = "Completed"
VIOLATED: Final = "CompletedWithViolations"
FAILED: Final = "Failed"


@dataclass(frozen=True)
class Health:
    """Whether the data of the last day and the model of the last weeks can be believed.

    `data` and `model` are as status.json names them. `data_doubts` are what is doubtful of the data; `model_reason` is
    what the model was judged by, or why it was not, and `model_doubts` what is doubtful of it.
    """

    data: str
    data_doubts: tuple[Finding, ...]
    model: str
    model_reason: Reason
    model_doubts: tuple[Finding, ...]


@dataclass(frozen=True)
class Verdict:
    """`status` as SageMaker Model Monitor names it; `action`: none, look, retrain or recalibrate, and why."""

    status: Outcome
    action: Action
    recommendation: Reason


NOT_CHECKED = Verdict(FAILED, "look", Reason("not_checked"))


def build_verdict(
    check: Check,
    package: Package,
    settings: StageSettings,
    *,
    hour: pd.Series,
    no_gap_reasons: Sequence[Reason],
    health: Health,
) -> Verdict:
    """Build the one recommendation, the most pressing first: what spoils the others comes before them.

    `hour` is the last one, `no_gap_reasons` why it has no gap, none where it has one. That nothing needs to be done is
    recommended where the hour is judged, and nothing is doubtful.
    """
    if check.failure is not None:
        return Verdict(FAILED, "look", Reason("not_judgeable", {"reason": check.failure}))
    status: Outcome = VIOLATED if check.is_violated else COMPLETED
    at = pd.Timestamp(hour[TIME])
    action, name, values = (
        _recommend(check, package, settings, at)
        or _recommend_service(check, at)
        or _recommend_rest(hour, no_gap_reasons, health)
    )
    return Verdict(status, action, Reason(name, values))


Advised = tuple[Action, str, dict[str, Any]]  # what to do, the name of its reason and the values of that


def _recommend(check: Check, package: Package, settings: StageSettings, at: pd.Timestamp) -> Advised | None:
    if check.silent:
        return "look", "tags_silent", {"tags": [describe_column(column, package) for column in check.silent]}
    concept = check.concept
    if concept.sensor:
        return "look", "sensor_off", {"tag": describe_column(concept.sensor, package), **_begin(check)}
    if concept.suspects:
        return "recalibrate", "meter_off", {"tag": describe_column(concept.suspects[0], package), **_begin(check)}
    tags = [one for one in check.violations if one.kind not in (EXTRA_COLUMN, ATTRIBUTION)]
    tags = [one for one in tags if one.kind != DRIFT or one.column not in concept.inputs]
    if tags:
        return "look", "tags_changed", {"tags": [describe_column(one.column, package) for one in tags]}
    if check.unread:
        return "look", "tags_silent", {"tags": [describe_column(column, package) for column in check.unread]}
    if concept.change is not None and concept.kind not in ("setpoints", "inputs"):
        return _recommend_change(check, package, settings, at)
    if concept.regime is not None:
        return _recommend_regime(concept.regime, package, settings, at)
    if check.left_off:
        one = check.left_off[0]
        places = {"now": one.median, "usual": one.usual, "cost_frac": one.cost_frac}
        return "look", "setpoint_left_off", {"tag": describe_column(one.column, package), **places}
    if concept.kind == "setpoints":
        return "look", "setpoints_cost_more", _begin(check)
    if any(one.is_violated for one in check.figures):
        return "retrain", "errors_beyond_baseline", {}
    if check.inside_frac is not None and check.inside_frac < settings.monitor.min_inside_frac:
        return "retrain", "hours_not_learnt", {}
    drifted = [one for one in check.violations if one.kind == ATTRIBUTION]
    if drifted:
        return "look", "ranking_differs", {"column": drifted[0].column}
    extra = [one for one in check.violations if one.kind == EXTRA_COLUMN]
    if extra:
        return "look", "column_new", {"column": extra[0].column}
    return _recommend_moved(check, package)


def _recommend_regime(regime: Moved, package: Package, settings: StageSettings, at: pd.Timestamp) -> Advised:
    """What to say of an input with whose move the curve came off: once that has lasted, how the plant runs now."""
    lasts = at - regime.since.day >= pd.Timedelta(settings.monitor.retrain_after_days, "D")
    values = {"tag": describe_column(regime.column, package), **_say_since(regime.since)}
    if regime.column == package.throughput:
        return ("retrain", "load_moved_for_long", values) if lasts else ("none", "load_moved", values)
    return ("retrain", "input_moved_for_long", values) if lasts else ("none", "input_moved_off", values)


def _recommend_moved(check: Check, package: Package) -> Advised | None:
    """What to say of inputs that moved, load first, and that no tag or plant has to be looked at for."""
    concept = check.concept
    told = {one.column for one in check.violations}
    load = concept.find_moved(package.throughput) if concept.moved else None
    if load is not None:
        return "none", "load_moved", _say_since(load.since)
    other = next((one for one in concept.moved if one.column in told), None)
    if other is None:
        return None
    return "none", "input_moved", {"tag": describe_column(other.column, package), **_say_since(other.since)}


def _recommend_service(check: Check, at: pd.Timestamp) -> Advised | None:
    """What the service needs where its requests of the last day, or later ones, are lost or strange."""
    recent = set(check.findings.loc[check.findings["end"] > at - pd.Timedelta("24h"), "check"])
    if recent & {LOST_CHECK, BROKEN_CHECK}:
        return "look", "requests_lost", {}
    if OUTSIDE_CHECK in recent:
        return "look", "requests_outside", {}
    return None


def _recommend_rest(hour: pd.Series, no_gap_reasons: Sequence[Reason], health: Health) -> Advised:
    """What is left where nothing is violated: a running hour without a gap, doubts, or that all is well."""
    if no_gap_reasons and hour[STATE] in RUNNING:
        return "look", "gap_missing", {"reasons": no_gap_reasons}
    if health.data != SOUND:
        return "look", "data_doubtful", {}
    if no_gap_reasons:
        return "none", "nothing_to_judge", {"reasons": no_gap_reasons}
    if health.model == NOT_JUDGED:
        return "none", "model_not_judged", {"reason": health.model_reason}
    return "none", "all_well", {}


def _recommend_change(check: Check, package: Package, settings: StageSettings, at: pd.Timestamp) -> Advised:
    """A change that no meter explains for sure: look first; once it has lasted, it is how the plant runs now."""
    concept = check.concept
    begun = at if concept.change is None else concept.change.start
    lasts = at - begun >= pd.Timedelta(settings.monitor.retrain_after_days, "D")
    name = "energy_off_or_meter" if concept.possible else "energy_off"
    values = {"tag": describe_column(concept.possible, package), **_begin(check)}
    return ("retrain", f"{name}_for_long", values) if lasts else ("look", name, values)


def _begin(check: Check) -> dict[str, str]:
    """Since when energy is off: the day, and the first and last day that it may be."""
    concept = check.concept
    if concept.since is not None:
        return _say_since(concept.since)
    day = "–" if concept.change is None else f"{concept.change.start:%Y-%m-%d}"
    return {"day": day, "first": day, "last": day}


def _say_since(since: Since) -> dict[str, str]:
    return {"day": f"{since.day:%Y-%m-%d}", "first": f"{since.first:%Y-%m-%d}", "last": f"{since.last:%Y-%m-%d}"}


def build_health(check: Check, touched: Sequence[Finding], settings: StageSettings) -> Health:
    """Judge the data by findings of the last day and violations of the last week, the model by its errors.

    `touched` are the findings of the last day about what the models use. What is wrong with set-points is the plant's
    matter: it leaves the model in good health.
    """
    doubts = (*touched, *(one.finding for one in check.violations))
    data = SOUND if not doubts else f"{len(doubts)} findings" if len(doubts) > 1 else "1 finding"
    return Health(data, doubts, *_judge_model(check, settings))


def _judge_model(check: Check, settings: StageSettings) -> tuple[str, Reason, tuple[Finding, ...]]:
    """Judge whether the model is sound (ok, look, or not judged), by what, and what is doubtful of it."""
    if check.failure is not None:
        return NOT_JUDGED, check.failure, ()
    days = settings.monitor.health_days
    bias = next((one for one in check.figures if (one.model, one.name) == ("typical", "bias")), None)
    below = next((one for one in check.figures if one.name == "coverage of best"), None)
    if bias is None or below is None:
        return NOT_JUDGED, Reason("no_whole_day", {"days": days}), ()
    figures = {
        "days": days,
        "bias_gj_per_h": bias.now,
        "limit_gj_per_h": bias.high,
        "below_frac": below.now,
        "most_frac": below.high,
        "size_gj_per_h": check.size_gj_per_h,
    }
    kinds = check.findings["check"]
    rows = check.findings[~kinds.str.endswith("_check") & ~kinds.isin([SETPOINT, REGIME.check, *CHECKS])]
    doubts = tuple(list_findings(rows))
    if bias.high is None:
        weeks = {"weeks": check.trained_weeks or 0, "least": LEAST_WEEKS}
        return ("look" if doubts else NOT_JUDGED), Reason("history_short", weeks), doubts
    return ("look" if doubts else "ok"), Reason("figures", figures), doubts
