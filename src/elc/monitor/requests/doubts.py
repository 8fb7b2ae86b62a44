"""What somebody must look at in what the service was asked: rows that were lost, broken files, strange questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

import pandas as pd

from elc.captured import BROKEN, LOST, Losses
from elc.fields import TIME
from elc.findings import Finding
from elc.records.loss import Loss
from elc.settings import StageSettings

LOST_CHECK, BROKEN_CHECK, OUTSIDE_CHECK = "capture_lost", "capture_broken", "asked_outside"
CHECKS = (LOST_CHECK, BROKEN_CHECK, OUTSIDE_CHECK)
DAY = timedelta(days=1)
NEAR = pd.Timedelta(1, "h")
SHOWN_FILES = 3


def write_lost(losses: Losses, settings: StageSettings) -> list[Finding]:
    """One finding for each spell in which rows were lost; those of several workers at once are one."""
    return [_write_spell(spell, settings) for spell in _join([loss for loss in losses.found if loss.kind == LOST])]


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


def _write_spell(loss: Loss, settings: StageSettings) -> Finding:
    words = f"from {loss.start:%Y-%m-%d %H:%M} to {loss.end:%Y-%m-%d %H:%M} UTC"
    if not loss.is_over:
        words = f"since {loss.start:%Y-%m-%d %H:%M} UTC, last told {loss.end:%Y-%m-%d %H:%M}"
    sentence = (
        f"The service could not keep at least {loss.rows:,} rows that it was asked {words}, so that nobody watches "
        f"them. {loss.sentence}"
    )
    return Finding(LOST_CHECK, sentence, settings.plant_id, "", loss.start, loss.end, {"rows": float(loss.rows)})


def write_broken(losses: Losses, days: Mapping[date, str], settings: StageSettings) -> list[Finding]:
    """One finding for all kept files that cannot be read: those that were set aside, and days, each with the reason."""
    aside = [loss for loss in losses.found if loss.kind == BROKEN]
    spans = [(loss.start, loss.end) for loss in aside]
    spans += [(start, start + DAY) for start in (datetime.combine(day, time(), UTC) for day in days)]
    if not spans:
        return []
    told = [loss.sentence for loss in aside]
    told += [f"data/capture/{settings.plant_id}/{day}.parquet cannot be read ({why})." for day, why in days.items()]
    more = f" And {len(told) - SHOWN_FILES} more." if len(told) > SHOWN_FILES else ""
    files = "1 file" if len(told) == 1 else f"{len(told)} files"
    sentence = (
        f"{files} of what the service was asked cannot be read, so nobody watches what is in them. "
        f"{' '.join(told[:SHOWN_FILES])}{more} Look at the disk, then remove them."
    )
    start, end = min(start for start, _ in spans), max(end for _, end in spans)
    return [Finding(BROKEN_CHECK, sentence, settings.plant_id, "", start, end, {"files": float(len(told))})]


def write_outside(share: float | None, judged: pd.DataFrame, settings: StageSettings) -> list[Finding]:
    """A finding where more rows of the last day than the limit allows lie outside the envelope."""
    limit = settings.monitor.max_asked_outside_frac
    if share is None or share <= limit:
        return []
    sentence = (
        f"{share:.0%} of the {len(judged):,} rows looked at that the service was asked in its last day lie outside "
        f"what the model learnt from, expected at most {limit:.0%}. Its answers there are guesses: look who asks and "
        "in which units, or train with such hours."
    )
    start, end = judged[TIME].iloc[0], judged[TIME].iloc[-1]
    return [Finding(OUTSIDE_CHECK, sentence, settings.plant_id, "", start, end, {"outside_frac": share})]
