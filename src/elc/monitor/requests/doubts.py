"""What somebody must look at in what the service was asked: rows that were lost, broken files, strange questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

import pandas as pd

from elc.captured import BROKEN, LOST, Losses
from elc.fields import TIME
from elc.findings import Finding, Kind
from elc.records.loss import Loss
from elc.settings import StageSettings

LOST_CHECK, BROKEN_CHECK, OUTSIDE_CHECK = "capture_lost", "capture_broken", "asked_outside"
CHECKS = (LOST_CHECK, BROKEN_CHECK, OUTSIDE_CHECK)
LOST_ONCE, LOST_SINCE = (Kind(LOST_CHECK, name, ("rows", "reason")) for name in ("over", "open"))
UNREADABLE = Kind(BROKEN_CHECK, needs=("files", "aside", "days"))
STRANGE = Kind(OUTSIDE_CHECK, needs=("outside_frac", "rows", "limit_frac"))
DAY = timedelta(days=1)
NEAR = pd.Timedelta(1, "h")


def build_lost(losses: Losses, settings: StageSettings) -> list[Finding]:
    """One finding for each spell in which rows were lost; those of several workers at once are one."""
    return [_build_spell(spell, settings) for spell in _join([loss for loss in losses.found if loss.kind == LOST])]


def _join(losses: Sequence[Loss]) -> list[Loss]:
    joined: list[Loss] = []
    for loss in losses:
        former = joined[-1] if joined else None
        if former is None or loss.start > former.end + NEAR:
            joined.append(loss)
            continue
        latest = max(former, loss, key=lambda one: one.end)
        is_over = former.is_over and loss.is_over
        changes = {"end": latest.end, "rows": former.rows + loss.rows, "is_over": is_over, "sentence": latest.sentence}
        joined[-1] = former.model_copy(update=changes)
    return joined


def _build_spell(loss: Loss, settings: StageSettings) -> Finding:
    values = {"rows": float(loss.rows), "reason": loss.sentence}
    return Finding(LOST_ONCE if loss.is_over else LOST_SINCE, settings.plant_id, "", loss.start, loss.end, values)


def build_broken(losses: Losses, days: Mapping[date, str], settings: StageSettings) -> list[Finding]:
    """One finding for all kept files that cannot be read: those that were set aside, and days, each with the reason."""
    aside = [loss for loss in losses.found if loss.kind == BROKEN]
    spans = [(loss.start, loss.end) for loss in aside]
    spans += [(start, start + DAY) for start in (datetime.combine(day, time(), UTC) for day in days)]
    if not spans:
        return []
    values = {
        "files": float(len(spans)),
        "aside": [loss.sentence for loss in aside],
        "days": [{"day": day.isoformat(), "reason": reason} for day, reason in days.items()],
    }
    start, end = min(start for start, _ in spans), max(end for _, end in spans)
    return [Finding(UNREADABLE, settings.plant_id, "", start, end, values)]


def build_outside(share: float | None, judged: pd.DataFrame, settings: StageSettings) -> list[Finding]:
    """A finding where more rows of the last day than the limit allows lie outside the envelope."""
    limit = settings.monitor.max_asked_outside_frac
    if share is None or share <= limit:
        return []
    values = {"outside_frac": share, "rows": len(judged), "limit_frac": limit}
    return [Finding(STRANGE, settings.plant_id, "", judged[TIME].iloc[0], judged[TIME].iloc[-1], values)]
