"""What the readings propose for keys of the tag list that are not given: limits, and how long a value holds."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from elc.ingest import Inventory
from elc.plants.guess import find_step, propose_hold, propose_limits
from elc.settings import StageSettings, TagList

LIMITED = ("energy", "throughput", "driver")


def find_proposals(inventory: Inventory, checked: pd.DataFrame, settings: StageSettings) -> list[str]:
    """Propose `low` and `high` of what the curve is trained on, and `max_hold_h` of tags that are read more rarely.

    Limits come from what the checks leave (`checked`), so that a spike does not widen them.
    """
    if checked.empty:
        return []
    return [*_propose_limits(inventory.tags, checked), *_propose_holds(inventory, settings)]


def _propose_limits(tags: TagList, checked: pd.DataFrame) -> Iterator[str]:
    limits = []
    for tag in tags:
        if tag.role in LIMITED and not tag.has_limits:
            low, high = propose_limits(checked[tag.column].to_numpy(float), tag.role)
            if low:
                limits.append(f"{tag.tag} {low} to {high}")
    if limits:
        yield (
            f"low and high, without which no faulty reading is out of range: {', '.join(limits)}. Taken from the "
            "readings, in the column's unit; enter what the instrument and the plant can do."
        )


def _propose_holds(inventory: Inventory, settings: StageSettings) -> Iterator[str]:
    if not settings.plant.export.is_continuous:
        return
    usual_h, holds = settings.ingest.max_hold_h, []
    for tag in inventory.tags:
        step_h = find_step(inventory.traces.readings[tag.column].to_numpy(float), settings.plant.interval_h)
        hold = propose_hold(step_h, tag.find_hold_h(usual_h))
        if hold and tag.amount_h is None and tag.formula is None:
            holds.append(f"{tag.tag} {hold} (read every {step_h:.3g} h, held for {tag.find_hold_h(usual_h):g})")
    if holds:
        yield f"max_hold_h: {', '.join(holds)}."
