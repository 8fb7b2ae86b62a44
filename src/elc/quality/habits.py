"""Habits belong to a version: what it is judged by comes from the hours of its training and no others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from elc.records.card import FILE, read_card
from elc.settings import StageSettings


def keep_habits(settings: StageSettings, package: Path) -> StageSettings:
    """Take the day up to which habits are taken, from the model package in use, whatever params.yaml says now.

    A new `train_until` is for the next version: it must not change the verdict on hours that this one has judged.
    Where there is no package, or one that does not say it, params.yaml counts.

    Args:
        package: folder of the package in use; it need not be there.
    """
    until = read_card(package).learnt_until if (package / FILE).is_file() else ""
    return replace(settings, plant=settings.plant.model_copy(update={"train_until": until})) if until else settings
