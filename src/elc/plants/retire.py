"""Retire a plant that is gone: no environment holds it any more, and its history stays.

A tag deprecates its line of versions, in GTO's words, so that others see it too. What Git or DVC could bring back goes
from here; what only this machine knows, such as the log of advice and answers, stays.
"""

from __future__ import annotations

from elc.errors import ElcError
from elc.hourly.lock import hold_operation
from elc.plants.remove import Remains, cut_entries, remove_all
from elc.registry import Context, deprecate


def retire_plant(context: Context, remains: Remains, *, reason: str) -> str:
    """Retire a plant and return the tag that says so; empty where a run that was killed had written it.

    Raises:
        ElcError: it has no version, params.yaml would have faults without it, an hourly run is not done, or the tag
            cannot be written; nothing is changed.
    """
    project, plant = context.project, remains.plant
    if not remains.versions:
        raise ElcError(f"plant {plant}: it has no version, so no history to keep. Remove it: elc plant remove {plant}")
    text = cut_entries(project, remains)
    with hold_operation(project, wait_s=0):
        tag = deprecate(context, plant, reason=reason)
        remove_all(project, remains, text, is_own_kept=True)
    return tag
