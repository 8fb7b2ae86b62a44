"""Sentences and their translations: PO files, read by Babel and looked up by gettext."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from elc.errors import ElcError, build_nearest
from elc.pages.language.plant import get_drivers, get_unit
from elc.settings.languages import ENGLISH, TRANSLATIONS, find_languages

_chosen: ContextVar[str] = ContextVar("language", default=ENGLISH)


def choose(code: str) -> None:
    """Choose the language of all that is said from here on in this process.

    Raises:
        ElcError: there is no such language.
    """
    known = find_languages()
    if code not in known:
        raise ElcError(f"params.yaml: site.language {code} is unknown: {build_nearest(code, known)}")
    _chosen.set(code)


def get_language() -> str:
    """Name the language that was chosen; English where none was."""
    return _chosen.get()


def translate(text: str) -> str:
    """Translate a text that has no places to fill; one without a translation stays as it is."""
    code = _chosen.get()
    return text if code == ENGLISH or not text else _read_catalog(code).gettext(text)


def say(sentence: str, /, **values: object) -> str:
    """Translate a sentence and fill its places; the sentence is a literal, so that a test finds all of them.

    What a sentence says of its plant (`choose_plant`) is filled in by itself: `{energy_unit}` and `{rate_unit}`, and
    the places of `_PLANT`.
    """
    return translate(sentence).format_map(_Places(values))


def say_count(one: str, many: str, /, count: int, **values: object) -> str:
    """Translate a sentence about a number of things, in the form that the language has for it, and fill its places.

    Both sentences are literals, as for `say`; `count` is among the values.
    """
    code = _chosen.get()
    english = one if count == 1 else many
    chosen = english if code == ENGLISH else _read_catalog(code).ngettext(one, many, count)
    return chosen.format(count=count, **values)


class _Places(dict[str, object]):
    """What fills the places of a sentence; those of the plant are looked up where one asks for them."""

    def __missing__(self, place: str) -> str:
        if place == "energy_unit":
            return get_unit().sign
        return get_unit().rate if place == "rate_unit" else _PLANT[place]()


def _say_here() -> str:
    has_weather, has_feed, has_others = get_drivers()
    if has_weather:
        return translate("at this load and weather")
    return translate("under these conditions") if has_feed or has_others else translate("at this load")


def _say_conditions() -> str:
    has_weather, has_feed, has_others = get_drivers()
    if has_others:
        return translate("load and conditions")
    if has_weather:
        return translate("load, weather and feed") if has_feed else translate("load and weather")
    return translate("load and feed") if has_feed else translate("load")


def _say_explained() -> str:
    has_weather, has_feed, has_others = get_drivers()
    if has_others:
        return translate("load, conditions and set-points")
    if has_weather:
        weather = translate("load, weather and set-points")
        return translate("load, weather, feed and set-points") if has_feed else weather
    return translate("load, feed and set-points") if has_feed else translate("load and set-points")


_PLANT: dict[str, Callable[[], str]] = {
    "here": _say_here,
    "conditions": _say_conditions,
    "explained": _say_explained,
}


@cache
def _read_catalog(code: str) -> GNUTranslations:
    compiled = BytesIO()
    with TRANSLATIONS.joinpath(f"{code}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=code, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)
