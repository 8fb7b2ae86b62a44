"""Whom the words of this process are for: the language of the site, and the plant that they are about."""

from __future__ import annotations

from collections.abc import Sequence

from elc.pages.language import choose, choose_plant
from elc.settings import StageSettings


def speak_of(settings: StageSettings, *, drivers: Sequence[str] | None) -> None:
    """Choose the site's language, the plant's unit of energy, and words for what its best depends on.

    `drivers` are the features of the curve, load first; None where no sentence is about them.

    Raises:
        ElcError: there is no such language.
    """
    choose(settings.site.language)
    choose_plant(settings.energy_unit, drivers)
