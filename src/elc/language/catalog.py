"""Sentences and their translations: gettext's PO files, read by Babel."""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache
from importlib.resources import files

from babel.messages.pofile import read_po

from elc.errors import ElcError, build_nearest

ENGLISH = "en"
_chosen: ContextVar[str] = ContextVar("language", default=ENGLISH)


def find_languages() -> list[str]:
    """List the languages that pages can speak: English, and each that has a file `<code>.po` beside this module."""
    names = [entry.name for entry in files("elc.language").iterdir()]
    return [ENGLISH, *sorted(name.removesuffix(".po") for name in names if name.endswith(".po"))]


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
    return text if code == ENGLISH else _read_catalog(code).get(text, text)


def say(sentence: str, /, **values: object) -> str:
    """Translate a sentence and fill its places; the sentence is a literal, so that a test finds all of them."""
    return translate(sentence).format(**values)


@cache
def _read_catalog(code: str) -> dict[str, str]:
    with files("elc.language").joinpath(f"{code}.po").open("rb") as file:
        catalog = read_po(file, locale=code, abort_invalid=True)
    return {str(entry.id): str(entry.string) for entry in catalog if entry.id and entry.string}
