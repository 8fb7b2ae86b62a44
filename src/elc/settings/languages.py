"""The languages that pages can speak: English, and each that has a file `<code>.po` of translations."""

from __future__ import annotations

from importlib.resources import files

ENGLISH = "en"
TRANSLATIONS = files("elc").joinpath("pages", "language")


def find_languages() -> list[str]:
    """List the languages by their codes, English first."""
    names = [entry.name for entry in TRANSLATIONS.iterdir()]
    return [ENGLISH, *sorted(name.removesuffix(".po") for name in names if name.endswith(".po"))]
